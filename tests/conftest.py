"""What every test lives under: the app role's rights, a journal context, no network but loopback."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as profiles
from pytest_django.plugin import DjangoDbBlocker

from support import database

# Two shared cores: a slow example is no failure, and a fixture reset per test is enough.
profiles.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
profiles.load_profile("house")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database of this run, migrated by the owner; the tests run as the app role, as production does."""
    from careward.gateway.keys import host_keys

    host_keys(Path(settings.HOME))  # letters about accounts name their fingerprints
    with django_db_blocker.unblock():
        name = database.create()
        database.point_django_at(name, "app")
    yield
    with django_db_blocker.unblock():
        database.drop(name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long walks begin first, so that no worker is left alone with one at the end; the rest stays shuffled."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


def _emptied_by_the_owner(self: Any) -> None:
    """The app role cannot TRUNCATE, so that transactional tests are cleaned by the owner."""
    database.empty_all_tables()


TransactionTestCase._fixture_teardown = _emptied_by_the_owner  # type: ignore[method-assign]


@pytest.fixture
def acting() -> Iterator[None]:
    """Lets a test prepare rows outside of acts."""
    from careward.journal import Actor, acting

    with acting(Actor.system("test"), "prepare"):
        yield


@pytest.fixture
def stands_somewhere(db: None) -> Callable[[str], list[str]]:
    """Names the tables in which a text stands in clear, in any column."""
    return database.tables_with


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the objects of this test lie, with keys of its own."""
    from careward.store.secrets import VARIABLES, secret

    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path / "home"))
    for name in VARIABLES:
        secret(name)
    return tmp_path / "home" / "objects"


@pytest.fixture
def uploads_open(own_store: Path) -> Iterator[None]:
    """A moment at which every account in use may upload."""
    from careward.kernel import clock
    from support.delivering import OPEN

    with clock.frozen(OPEN):
        yield
