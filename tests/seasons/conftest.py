import pytest


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every season asked for may have moved moments."""
