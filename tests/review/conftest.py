"""The counties are reviewing the demo season's applications."""

from collections.abc import Iterator

import pytest
from django.test import Client

from careward.accounts.models import User
from careward.kernel.clock import frozen
from review.deciding import REVIEW, officer
from support.signing_in import sign_in


@pytest.fixture(autouse=True)
def _during_the_review() -> Iterator[None]:
    with frozen(REVIEW):
        yield


@pytest.fixture
def desk(client: Client, db: None) -> Client:
    """A browser in which the officer in charge has signed in."""
    return sign_in(client, officer())


@pytest.fixture
def me(desk: Client) -> User:
    """The officer at the desk."""
    return officer()
