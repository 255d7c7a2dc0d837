"""Refusals as SFTP answers: plain Chinese for people, an ASCII code beside it for the help desk."""

import errno
import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from asyncssh import SFTPError, SFTPFailure, SFTPNoSuchFile, SFTPOpUnsupported, SFTPPermissionDenied

from careward.gateway import metrics
from careward.gateway.backend import DeliveryRefused
from careward.gateway.paths import BadPath
from careward.gateway.upload import Refusal
from careward.kernel.texts import text

log = logging.getLogger(__name__)

_LANGUAGE: Final = "zh-Hant-TW"
_KINDS: Final[dict[str, Callable[[str, str], SFTPError]]] = {
    "not_found": SFTPNoSuchFile,
    "read_only": SFTPPermissionDenied,
    "write_only": SFTPPermissionDenied,
    "owner_refused": SFTPPermissionDenied,
    "folders_fixed": SFTPPermissionDenied,
    "already_received": SFTPPermissionDenied,
    "links_refused": SFTPOpUnsupported,
    "not_offered": SFTPOpUnsupported,
}

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


def answer(code: str, **values: object) -> SFTPError:
    """Build the answer of a refusal from its text ``gateway:refusals.<code>``."""
    return _answer(code, text(f"gateway:refusals.{code}", **values))


def _answer(code: str, message: str) -> SFTPError:
    return _KINDS.get(code, SFTPFailure)(f"{message} [{code}]", _LANGUAGE)


def translate(error: Exception) -> SFTPError:
    """Turn whatever went wrong into an answer that tells the client enough and an attacker nothing."""
    match error:
        case SFTPError():
            return error
        case BadPath():
            return answer(error.code)
        case Refusal():
            return answer(error.code, **error.values)
        case DeliveryRefused():
            return _answer(error.code, error.message)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return answer("disk_low")
    metrics.FAULTS.inc()
    log.error("a request failed", exc_info=error)
    return answer("internal")


def answered(
    method: Callable[Concatenate[S, P], Awaitable[T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Let a request method raise what it likes; the client gets an answer of ours."""

    @functools.wraps(method)
    async def call(self: S, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(self, *args, **kwargs)
        except Exception as error:
            raise translate(error) from error

    return cast("Callable[Concatenate[S, P], Coroutine[Any, Any, T]]", call)
