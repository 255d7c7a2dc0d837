"""A letter that has left."""

import pytest

from careward.correspondence import jobs
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen
from support import applying


@pytest.fixture
def sent(db: None) -> Letter:
    with frozen(applying.DURING):
        letter = Letter.objects.about(applying.lacking()).get()
        jobs.send(letter_id=str(letter.pk))
        letter.refresh_from_db()
        return letter
