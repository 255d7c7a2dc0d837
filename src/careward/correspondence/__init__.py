"""Letters: composed in the transaction that causes them, sent by the worker, never lost."""

from careward.correspondence.composing import Address, LetterKind, letter, letter_exists, post

__all__ = ["Address", "LetterKind", "letter", "letter_exists", "post"]
