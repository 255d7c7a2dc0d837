"""Putting handed-in files and the object store in step again, without ever touching what counts.

The object is written before the row (security-baseline.md, "No loss"), so a request that failed in between leaves
an object without a row. May run at any time, several at once.
"""

from typing import Final

from careward.applications.jobs import take_up
from careward.applications.models import Document
from careward.store.objects import SENT_LEFT_AFTER_SECONDS, FolderStore, objects

FOLDER: Final = "applications"


def reconcile() -> tuple[int, int]:
    """Remove leftovers, ask for page pictures whose job died; how many of each."""
    return _remove_leftovers(), take_up()


def _remove_leftovers() -> int:
    store = objects()
    assert isinstance(store, FolderStore), "the object store must be able to list what it holds"
    old = list(store.older_than(FOLDER, SENT_LEFT_AFTER_SECONDS))
    named = set(Document.objects.values_list("key", flat=True)) if old else set()
    left = [key for key in old if key.partition(".pages/")[0] not in named]
    for key in left:
        store.remove(key)
    return len(left)
