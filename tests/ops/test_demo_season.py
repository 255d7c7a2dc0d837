"""Filling an empty platform with the demo season: once."""

import json
from collections import Counter
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from django.db import connection
from pytest_django.fixtures import Settings

from careward.accounts.models import User
from careward.applications.models import Application
from careward.continuing.models import Invitation
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen
from careward.ops.demo import clock as demo_clock
from careward.ops.demo import people, season
from careward.provisioning.models import UploadAccount
from careward.review.models import Supplement

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def _picture(home: Path) -> dict[str, str]:
    """Every row of every table, and every file of the home folder with its time."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (name,) in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*) || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM \"{name}\" t"
            )
            found[name] = cursor.fetchone()[0]
    for file in home.rglob("*"):
        found[str(file)] = str(file.stat().st_mtime_ns)
    return found


def test_preparing_twice_changes_nothing_the_second_time(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HOME = tmp_path
    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path))
    with frozen(demo_clock.BEGINNING):
        season.prepare()
        before = _picture(tmp_path)
        season.prepare()
        assert _picture(tmp_path) == before
        _is_what_it_promises(tmp_path)


def _is_what_it_promises(home: Path) -> None:
    assert Counter(Application.objects.values_list("state", flat=True)) == {
        "draft": 3,
        "lacking": 11,
        "submitted": 10,
        "supplement": 1,
        "awaiting_second": 1,
        "not_mended": 1,
        "signed_off": 9,
        "withdrawn": 3,
    }
    rounds = Supplement.objects.filter(application__state="supplement").order_by("number")
    assert [one.answered_at is not None for one in rounds] == [True, False]
    assert rounds[1].due_at > demo_clock.BEGINNING
    assert Counter(one.standing for one in Invitation.objects.with_standing()) == {
        "not_invited": 2,
        "waiting": 8,
        "unfinished": 9,
        "agreed": 6,
        "changed": 5,
    }
    assert Counter(UploadAccount.objects.values_list("state", "lane")) == {
        ("requested", "test"): 7,
        ("created", "live"): 2,
    }
    assert Letter.objects.count() == Letter.objects.still_to_send().count() > 0
    uploaders = season.uploaders()
    assert len(uploaders) == 2
    for uploader in uploaders:
        account = UploadAccount.objects.get(username=uploader.username)
        assert PasswordHasher().verify(account.password_hash, uploader.password)
        assert account.admits("127.0.0.1")
        assert not account.admits("127.0.0.2")
    place = home / "demo" / "uploaders.json"
    assert place.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(place.read_text(encoding="utf-8"))) == 2
    staff = people.everybody()
    assert len(staff) == User.objects.exclude(role="institution").count()
    assert len({person.email for person in staff}) == len(staff)
    assert people.everybody(most=8) == staff[:8]
