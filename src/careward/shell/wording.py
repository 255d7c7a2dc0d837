"""Looking up what a form says: own texts first, the common ones of the shell after them."""

from careward.kernel.texts import text


def optional(key: str, **values: object) -> str | None:
    """Return the text, or None when there is none under ``key``.

    A text that is there but lacks a value still raises KeyError: that is a fault, not an absence.
    """
    try:
        return text(key, **values)
    except KeyError as absent:
        if absent.__cause__ is not None:
            raise
        return None


def first(keys: list[str], **values: object) -> str:
    """Return the first text there is; raises KeyError naming every key tried when there is none."""
    for key in keys:
        found = optional(key, **values)
        if found is not None:
            return found
    raise KeyError(f"none of these texts exists: {', '.join(keys)}")
