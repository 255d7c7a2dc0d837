"""Taking a bundle apart: each file in it becomes a delivery of its own, with one receipt above them all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast
from uuid import uuid4

from careward import rulebook
from careward.checking.bundle_order import in_order
from careward.checking.findings import shown
from careward.checking.naming import clean_name
from careward.checking.reading import bundles
from careward.checking.receipt import signing
from careward.checking.receipt.report import short_moment
from careward.intake.acts import RAW, Answer, Part
from careward.intake.examining import RECEIPTS
from careward.intake.models import Delivery
from careward.kernel import clock
from careward.kernel.texts import text
from careward.store.objects import objects

_HEAD: Final = 4


def parts_of(delivery: Delivery, content: bytes | None = None) -> Sequence[Part] | None:
    """The files of a bundle, put into the store, in the order they are to be checked; None when it is no bundle.

    ``content`` is the whole of it, for who has read it already.
    Raises :class:`careward.checking.reading.bundles.BundleRefused`; what was put before stays without a row and is
    swept.
    """
    if not bundles.is_zip(_head(delivery) if content is None else content[:_HEAD]):
        return None
    with _opened(delivery) as bundle:
        if bundle is None:
            return None
        return list(_stored(bundle, in_order(bundle, delivery.specification)))


def _head(delivery: Delivery) -> bytes:
    with objects().open(delivery.raw_key) as file:
        return file.read(_HEAD)


@contextmanager
def _opened(delivery: Delivery) -> Iterator[bundles.Bundle | None]:
    limits = rulebook.current().policies.bundle
    with objects().local_copy(delivery.raw_key) as path, bundles.opened(path, limits) as bundle:
        yield bundle


def _stored(bundle: bundles.Bundle, members: Sequence[bundles.Member]) -> Iterator[Part]:
    left = bundle.limits.max_bytes.value
    most = rulebook.current().policies.delivery.max_bytes.value
    for member in members:
        with bundle.content(member, min(left, most)) as content:
            key = uuid4()
            stored = objects().put(f"{RAW}/{key.hex}", cast("Any", content))
        left -= stored.size
        yield Part(key, clean_name(member.name), stored.key, stored.size, stored.sha256)


def answer(delivery: Delivery) -> Answer:
    """Write the receipt above those of the members; all of them have theirs."""
    document = signing.signed(_document(delivery))
    key = f"{RECEIPTS}/{delivery.pk.hex}-{delivery.attempts}"
    objects().put(f"{key}.json", signing.written(document))
    objects().put(f"{key}.txt", _text(document).encode("utf-8-sig"))
    counts = document["counts"]
    signed_with = document[signing.SIGNATURE]["key"]
    return Answer(counts["rows"], counts["errors"], counts["warnings"], key, signed_with)


def _document(delivery: Delivery) -> dict[str, Any]:
    spec, parts = delivery.specification, delivery.parts
    with _opened(delivery) as bundle:
        skipped = [clean_name(name) for name in bundle.skipped] if bundle else []
    return {
        "schema": "careward-receipt/1",
        "ticket": delivery.ticket,
        "file": _file(delivery),
        "lane": delivery.lane,
        "specification": {"version": spec.version, "title": spec.title, "statement": spec.statement},
        "dataset": None,
        "period": None,
        "institution_code": delivery.institution.code,
        "checked_at": clock.now().isoformat(),
        "result": "unpacked",
        "counts": {
            "rows": sum(part.row_count for part in parts),
            "errors": sum(part.error_count for part in parts),
            "warnings": sum(part.warning_count for part in parts),
            "rules": 0,
            "records": 0,
        },
        "adaptations": [],
        "by_rule": [],
        "by_record": [],
        "skipped": skipped,
        "members": [_member(part) for part in parts],
    }


def _file(delivery: Delivery) -> dict[str, Any]:
    return {
        "name": shown(delivery.name),
        "sha256": delivery.sha256,
        "bytes": delivery.size,
        "received_at": delivery.received_at.isoformat(),
    }


def _member(part: Delivery) -> dict[str, Any]:
    return {
        "ticket": part.ticket,
        "name": shown(part.name),
        "dataset": part.dataset or None,
        "period": part.period or None,
        "result": "rejected" if part.error_count else "accepted",
        "errors": part.error_count,
        "warnings": part.warning_count,
        "rows": part.row_count,
        "receipt": part.receipt_name,
    }


def _text(document: dict[str, Any]) -> str:
    members = document["members"]
    lines = [
        _say("title", ticket=document["ticket"]),
        "",
        _say("taken_apart", count=len(members), rejected=sum(m["result"] == "rejected" for m in members)),
        _say("file", name=document["file"]["name"], sha256=document["file"]["sha256"]),
        _say("checked", moment=short_moment(clock.now())),
        "",
    ]
    for number, member in enumerate(members, start=1):
        lines += [_say(f"member.{member['result']}", number=number, **member), _say("receipt", **member)]
    lines += [_say("skipped", name=name) for name in document["skipped"]]
    return "\n".join([*lines, "", _say("foot", key=document["signature"]["key"])]) + "\n"


def _say(part: str, /, **values: object) -> str:
    return text(f"checking:bundle_receipt.{part}", **values)
