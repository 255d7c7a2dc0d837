"""Putting a table under the journal's triggers."""

from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def tracked(*, exclude: tuple[str, ...] = ()) -> Callable[[M], M]:
    """Record every insert, update and delete of a model.

    ``exclude`` names fields that are no history, such as the time of the last sign-in, which has a log of its own.
    """

    def decorate(model: M) -> M:
        return pghistory.track(  # type: ignore[no-any-return]
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=list(exclude),
            obj_field=pghistory.ObjForeignKey(
                on_delete=models.DO_NOTHING,
                db_constraint=False,
                related_name="events",
                related_query_name="events",
            ),
        )(model)

    return decorate
