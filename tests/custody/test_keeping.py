"""Until when a delivery is kept; that nothing is destroyed before, and nothing of it is left after."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.custody import acts, jobs
from careward.custody.models import Disposal, DisposalLine, free
from careward.custody.rules import kept_until, latest_free_month
from careward.flow import NotPermitted, Refused
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.reconciling import reconcile
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import TAIPEI, taipei
from careward.kernel.roc import RocMonth
from careward.rulebook import current
from careward.store.objects import objects
from support.delivering import CODE, OPEN, account, checked, delivered, staff_csv, work
from support.signing_in import person, sign_in

RULES = current().retention
STAFF = taipei(2033, 2, 1)
"""11501 ends, and seven years."""
INSTANT = timedelta(microseconds=1)
moments = st.datetimes(datetime(2030, 1, 1), datetime(2036, 12, 31), timezones=st.just(TAIPEI))


def _until(state: str = "accepted", lane: str = "live") -> datetime:
    return kept_until(RULES, state=state, lane=lane, dataset="staff", period="11501", received_at=OPEN)


def test_what_was_accepted_is_kept_from_the_end_of_its_month() -> None:
    assert _until("accepted") == _until("superseded") == STAFF


@pytest.mark.parametrize("state", ["rejected", "set_aside", "held"])
def test_what_was_never_accepted_is_kept_from_when_it_was_received(state: str) -> None:
    assert _until(state) == OPEN + timedelta(days=RULES.not_accepted.days)


def test_a_test_is_kept_from_when_it_was_received_accepted_or_not() -> None:
    assert _until("accepted", "test") == OPEN + timedelta(days=RULES.tested.days)


@given(now=moments, years=st.integers(1, 10))
def test_the_latest_free_month_is_free_and_the_next_is_not(now: datetime, years: int) -> None:
    rules = RULES.model_copy(
        update={"datasets": {"staff": RULES.datasets["staff"].model_copy(update={"years": years})}}
    )
    month = RocMonth.parse(latest_free_month(years, now))

    def over(of: RocMonth) -> bool:
        until = kept_until(
            rules, state="accepted", lane="live", dataset="staff", period=str(of), received_at=OPEN
        )
        return now > until

    assert over(month)
    assert not over(month.following())


@pytest.fixture
def administrator() -> object:
    return person("administrator")


@pytest.mark.django_db
@pytest.mark.usefixtures("uploads_open")
class TestDestroying:
    """With deliveries in every state."""

    def _one_of_each(self) -> dict[str, Delivery]:
        of, tested = account("live"), account("test", "1131000777")
        first = checked(of)
        second = checked(of)
        first.refresh_from_db()
        return {
            "accepted": second,
            "superseded": first,
            "rejected": checked(of, staff_csv(name="")),
            "tested": checked(tested),
        }

    @pytest.mark.parametrize("at", [STAFF, OPEN + timedelta(days=RULES.not_accepted.days)])
    def test_the_query_says_what_the_rule_says(self, at: datetime) -> None:
        made = self._one_of_each()
        for now in (at, at + INSTANT):
            due = set(free(now).values_list("pk", flat=True))
            assert due == {one.pk for one in made.values() if now > acts.until(one)}

    def test_nothing_is_destroyed_while_its_time_runs(self, administrator: object) -> None:
        delivery = self._one_of_each()["accepted"]
        by = Actor("administrator", "1")
        disposal = Disposal(by=administrator, witness="x", confirmed_at=OPEN)
        with clock.frozen(STAFF), pytest.raises(Refused) as refused:
            acts.dispose(delivery, by, disposal=disposal, rule="x")
        assert refused.value.code == "keeping_not_over"

    def test_nobody_else_destroys(self) -> None:
        delivery = self._one_of_each()["accepted"]
        for role in ("ministry", "vendor", "institution", "system"):
            with clock.frozen(STAFF + INSTANT), pytest.raises(NotPermitted):
                acts.dispose(delivery, Actor(role, "1"), disposal=None, rule="x")

    def test_what_is_destroyed_leaves_its_row_and_a_certificate_but_no_byte(
        self, administrator: object, own_store: Path
    ) -> None:
        made = self._one_of_each()
        digests = {one.sha256 for one in made.values()}
        with clock.frozen(STAFF + INSTANT):
            disposal = acts.dispose_due(administrator, witness="李小華")
            assert disposal is not None
            jobs.destroy(str(disposal.pk))
            jobs.destroy(str(disposal.pk))
            assert acts.dispose_due(administrator, witness="李小華") is None
        disposal.refresh_from_db()
        assert disposal.destroyed_at == STAFF + INSTANT
        assert {line.delivery.sha256 for line in disposal.lines.all()} == digests
        assert set(Delivery.objects.values_list("state", flat=True)) == {"disposed"}
        assert [path for path in own_store.rglob("*") if path.is_file()] == []
        assert AcceptedFile.objects.get(delivery=made["accepted"]).sha256 == (
            DisposalLine.objects.get(delivery=made["accepted"]).parquet_sha256
        )

    def test_an_order_whose_job_died_is_carried_out_by_the_reconciling_scan(
        self, administrator: object, own_store: Path
    ) -> None:
        self._one_of_each()
        with clock.frozen(STAFF + INSTANT):
            acts.dispose_due(administrator, witness="李小華")
        for path in own_store.rglob("*"):
            if path.is_file():
                os.utime(path, (0, 0))
        reconcile()
        assert [path for path in own_store.rglob("*") if path.is_file()] == []

    def test_what_is_kept_stays_readable_when_the_rest_goes(self, administrator: object) -> None:
        made = self._one_of_each()
        with clock.frozen(OPEN + timedelta(days=RULES.not_accepted.days) + INSTANT):
            disposal = acts.dispose_due(administrator, witness="李小華")
            assert disposal is not None
            jobs.destroy(str(disposal.pk))
        assert {line.delivery_id for line in disposal.lines.all()} == {made["rejected"].pk, made["tested"].pk}
        for name in ("accepted", "superseded"):
            assert objects().exists(made[name].raw_key)

    def test_a_file_is_checked_though_the_earlier_ones_are_destroyed(self, administrator: object) -> None:
        of = account("live")
        first = checked(of)
        later = delivered(of, staff_csv(seed=50))
        with clock.frozen(STAFF + INSTANT):
            disposal = acts.dispose_due(administrator, witness="李小華")
            assert disposal is not None
            jobs.destroy(str(disposal.pk))
        work(later)
        later.refresh_from_db()
        first.refresh_from_db()
        assert (first.state, later.state) == ("disposed", "accepted")

    def test_an_order_by_the_page_needs_a_witness(self, client: Client) -> None:
        self._one_of_each()
        keeper = sign_in(client, person("administrator"))
        with clock.frozen(STAFF + INSTANT):
            assert "請填寫會同人員姓名" in keeper.post("/custody/", {"witness": ""}).content.decode()
            assert Disposal.objects.count() == 0
            answer = keeper.post("/custody/", {"witness": "李小華"})
        disposal = Disposal.objects.get()
        assert answer["Location"] == f"/custody/{disposal.pk}/"
        page = keeper.get(f"/custody/{disposal.pk}/").content.decode()
        assert "已確認銷毀 4 份檔案，正在從檔案庫刪除" in page, "the job has not run yet"
        assert "沒有收下的檔案" in page
        kept = AcceptedFile.objects.values_list("sha256", flat=True)
        assert kept
        assert all(sha256 in page for sha256 in kept)

    def test_the_institution_still_sees_what_was_counted_of_what_is_destroyed(
        self, client: Client, administrator: object
    ) -> None:
        rejected = self._one_of_each()["rejected"]
        with clock.frozen(STAFF + INSTANT):
            acts.dispose_due(administrator, witness="李小華")
            clerk = sign_in(client, person("institution", institution_code=CODE))
            pages = [
                clerk.get(f"/my/{rest}").content.decode() for rest in ("", f"deliveries/{rejected.ticket}/")
            ]
        assert "檢核後顯示" not in pages[0]
        assert f"錯誤 {rejected.error_count} 項" in pages[1]

    def test_an_auditor_looks_but_is_offered_no_button(self, client: Client) -> None:
        self._one_of_each()
        auditor = sign_in(client, person("auditor"))
        with clock.frozen(STAFF + INSTANT):
            page = auditor.get("/custody/").content.decode()
        assert "共 4 份可以銷毀" in page
        assert "銷毀並製作紀錄" not in page
