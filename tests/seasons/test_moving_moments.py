"""Moving a moment for the season or one county: who may, what is refused, where it counts at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from careward.accounts.models import MailedLink
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import taipei
from careward.rulebook import NATIONWIDE, current
from careward.seasons import acts
from careward.seasons.jobs import announce
from careward.seasons.models import MomentMove
from support import applying
from support.signing_in import person, sign_in

MINISTRY = Actor("ministry", "test")
CHANGHUA, TAITUNG = "10007", "10014"
CLOSES, LATER = taipei(2025, 12, 8, 17), taipei(2025, 12, 9, 17)
TICK = timedelta(microseconds=1)
MORNING = taipei(2025, 12, 8, 9)
REASON = "颱風停止上班"


def move(
    code: str = "institution_window_closes",
    county: str = CHANGHUA,
    at: datetime = LATER,
    by: Actor = MINISTRY,
    now: datetime = MORNING,
) -> MomentMove:
    with clock.frozen(now):
        return acts.move(MomentMove(season="115", code=code, county=county, at=at, reason=REASON), by)


def refusal(**how: Any) -> str:
    with pytest.raises(Refused) as refused:
        move(**how)
    return refused.value.code


def test_in_the_moved_county_the_application_is_taken_after_the_old_deadline_and_next_door_it_is_not() -> (
    None
):
    here = applying.draft(county=CHANGHUA)
    there = applying.draft(county=TAITUNG, institution_code="1131000018", mailbox="other@example.org")
    move()
    arrived = CLOSES + TICK
    with clock.frozen(arrived):
        sent = acts_submit(here, arrived)
        assert sent.state == "lacking"
        with pytest.raises(Refused) as refused:
            acts_submit(there, arrived)
    assert refused.value.code == "window_closed"


def test_in_the_moved_county_17_00_sharp_of_the_new_day_is_the_last_moment() -> None:
    in_time, late = (
        applying.draft(county=CHANGHUA, institution_code=code) for code in ("1131000009", "1131000018")
    )
    move()
    assert acts_submit(in_time, LATER).submitted_at == LATER
    with pytest.raises(Refused) as refused:
        acts_submit(late, LATER + TICK)
    assert refused.value.code == "window_closed"
    assert "12 月 9 日" in refused.value.message


def test_a_move_for_the_whole_season_counts_in_every_county() -> None:
    move(county=NATIONWIDE)
    for county in current().counties:
        assert current().season("115", county=county).moment("institution_window_closes").at == LATER


def test_moving_again_replaces_the_former_move_of_the_same_place_only() -> None:
    first, country = move(), move(county=NATIONWIDE)
    second = move(at=taipei(2025, 12, 10, 12))
    first.refresh_from_db()
    country.refresh_from_db()
    assert (first.state, country.state, second.state) == ("replaced", "in_force", "in_force")
    assert second.was == LATER


def test_what_cannot_be_moved_is_refused_with_its_reason() -> None:
    assert refusal(at=CLOSES) == "same_moment"
    assert refusal(at=taipei(2025, 12, 7, 17)) == "in_the_past"
    assert refusal(at=taipei(2025, 12, 8, 16)) == "earlier_than_published"
    assert refusal(code="applications_open", at=taipei(2025, 12, 9)) == "already_open"
    assert refusal(at=taipei(2025, 12, 11, 17, 0, 1)) == "out_of_order"
    assert refusal(code="review_closes", county=NATIONWIDE, at=taipei(2025, 12, 21)) == "out_of_order"
    assert not MomentMove.objects.exists()


def test_a_move_for_the_season_may_not_overtake_a_countys_own_later_moment() -> None:
    move(code="supplement_default_due", county=CHANGHUA, at=taipei(2025, 12, 12, 12))
    move(code="supplement_default_due", county=NATIONWIDE, at=taipei(2025, 12, 12, 17))
    move(county=NATIONWIDE, at=taipei(2025, 12, 12, 12))
    assert refusal(county=NATIONWIDE, at=taipei(2025, 12, 12, 13)) == "out_of_order"


@pytest.mark.parametrize("role", ["officer", "vendor", "institution", "applicant", "system"])
def test_nobody_but_ministry_and_administrator_moves_a_moment(role: str) -> None:
    with pytest.raises(NotPermitted):
        move(by=Actor(role, "test"))


def test_a_deadline_missed_in_an_outage_may_be_moved_the_morning_after() -> None:
    move(now=taipei(2025, 12, 9, 8))
    assert current().season("115", county=CHANGHUA).window_open(taipei(2025, 12, 9, 8))


def test_a_move_is_taken_back_while_the_former_moment_is_ahead_and_not_afterwards() -> None:
    row = move()
    with clock.frozen(CLOSES):
        acts.take_back(row, MINISTRY)
    assert current().season("115", county=CHANGHUA).moment("institution_window_closes").at == CLOSES
    again = move()
    with clock.frozen(CLOSES + TICK), pytest.raises(Refused) as refused:
        acts.take_back(again, MINISTRY)
    assert refused.value.code == "former_moment_passed"


def test_review_account_and_upload_moments_follow_in_their_county() -> None:
    application = applying.submitted()
    move(code="upload_opens", at=taipei(2025, 12, 26))
    move(code="provisioning_due", at=taipei(2025, 12, 24))
    move(code="review_closes", at=taipei(2025, 12, 16, 17))
    assert application.rules.sign_off_open(taipei(2025, 12, 24))
    assert not application.rules.sign_off_open(taipei(2025, 12, 24) + TICK)
    assert not application.rules.review_overdue(taipei(2025, 12, 16, 17))
    assert current().season("115", county=TAITUNG).review_overdue(taipei(2025, 12, 16, 17))
    assert not application.rules.uploads_open(taipei(2025, 12, 26) - TICK)


def test_mailed_links_live_on_with_the_moved_supplement_and_shrink_when_it_is_taken_back() -> None:
    applying.lacking()
    applying.lacking(county=TAITUNG, institution_code="1131000018", mailbox="other@example.org")
    move(code="review_closes", at=taipei(2025, 12, 15, 17))
    row = move(code="supplement_latest_due", at=taipei(2025, 12, 15, 17))
    ends = dict(MailedLink.objects.values_list("mailbox", "expires_at"))
    assert ends == {
        "office@example.org": taipei(2025, 12, 15, 17),
        "other@example.org": taipei(2025, 12, 12, 17),
    }
    with clock.frozen(MORNING):
        acts.take_back(row, MINISTRY)
    assert set(MailedLink.objects.values_list("expires_at", flat=True)) == {taipei(2025, 12, 12, 17)}


def test_those_affected_are_told_once_and_nobody_elsewhere() -> None:
    applying.lacking()
    applying.lacking(county=TAITUNG, institution_code="1131000018", mailbox="other@example.org")
    applying.draft(institution_code="1131000027", mailbox="draft@example.org")
    person("officer", "here@example.org", county=CHANGHUA)
    person("officer", "there@example.org", county=TAITUNG)
    row = move()
    with clock.frozen(MORNING):
        for _ in range(2):
            announce(str(row.pk), ended=False)
    told = Letter.objects.filter(kind__startswith="moment_moved")
    assert Letter.objects.get(kind="draft_moment").to == ["draft@example.org"]
    assert sorted(told.values_list("to", flat=True)) == [["here@example.org"], ["office@example.org"]]
    for letter in told:
        assert "12 月 9 日" in letter.body
        assert REASON in letter.body


def drafted(mailbox: str = "draft@example.org", **changes: Any) -> Any:
    return applying.draft(**{"institution_code": "1131000027", "mailbox": mailbox, **changes})


def told_of_drafts(row: MomentMove, now: datetime = MORNING, *, ended: bool = False) -> list[list[str]]:
    with clock.frozen(now):
        announce(str(row.pk), ended=ended)
    return list(Letter.objects.filter(kind="draft_moment").values_list("to", flat=True))


def test_whoever_has_begun_and_not_sent_is_told_once_with_a_link_that_lives_as_long() -> None:
    draft = drafted()
    drafted(at=MORNING)
    drafted(institution_code="1131000018", mailbox="elsewhere@example.org", county=TAITUNG)
    row = move()
    assert told_of_drafts(row) == [["draft@example.org"]]
    assert told_of_drafts(row) == [["draft@example.org"]]
    letter = Letter.objects.get(kind="draft_moment")
    assert "12 月 9 日" in letter.body
    assert REASON in letter.body
    link = MailedLink.objects.get(purpose="draft", mailbox=draft.mailbox)
    assert link.expires_at == LATER


def test_who_never_showed_that_the_mailbox_is_read_gets_no_letter() -> None:
    draft = drafted()
    draft.mailbox_proofs.all().delete()
    assert told_of_drafts(move()) == []


def test_who_has_sent_another_form_from_the_same_mailbox_is_told_as_an_applicant() -> None:
    drafted()
    applying.lacking(institution_code="1131000027", mailbox="draft@example.org")
    assert told_of_drafts(move()) == []


def test_moments_after_the_window_are_no_matter_of_drafts() -> None:
    drafted()
    assert told_of_drafts(move(code="upload_opens", at=taipei(2025, 12, 26))) == []


def test_a_draft_is_told_when_the_move_is_taken_back_and_its_link_dies_earlier_again() -> None:
    drafted()
    row = move()
    told_of_drafts(row)
    with clock.frozen(MORNING):
        acts.take_back(row, MINISTRY)
    assert len(told_of_drafts(row, ended=True)) == 2
    assert MailedLink.objects.not_revoked().get(purpose="draft").expires_at == CLOSES


def test_the_announcement_says_where_and_why_on_home_and_form(client: Client) -> None:
    move()
    with clock.frozen(CLOSES + TICK):
        home = client.get("/").content.decode()
        assert "申請已於" in home
        assert "彰化縣" in home
        assert REASON in home
        assert "的機構現在還可以" in home
        form = client.get(reverse("applications:start"))
    assert form.status_code == 200
    assert "開始填寫" in form.content.decode()
    with clock.frozen(LATER + TICK):
        assert REASON not in client.get("/").content.decode()


FIELDS = {
    "moment": "institution_window_closes",
    "place": CHANGHUA,
    "day": "114/12/9",
    "clock": "17:00",
    "reason": REASON,
}


def test_the_ministry_moves_a_moment_in_two_steps_and_types_the_countys_name(client: Client) -> None:
    sign_in(client, person("ministry"))
    page = reverse("seasons:moments")
    with clock.frozen(MORNING):
        assert "確認時程異動" in client.post(page, FIELDS).content.decode()
        wrong = client.post(page, {**FIELDS, "typed": "全國"}).content.decode()
        assert "輸入的名稱不同" in wrong
        assert not MomentMove.objects.exists()
        assert client.post(page, {**FIELDS, "typed": " 彰化縣 "}).status_code == 302
        shown = client.get(page).content.decode()
    row = MomentMove.objects.get()
    assert (row.at, row.county, row.was) == (LATER, CHANGHUA, CLOSES)
    assert REASON in shown
    with clock.frozen(MORNING):
        back = reverse("seasons:take_back", args=[row.pk])
        assert client.get(back).status_code == 200
        assert client.post(back, {"typed": "彰化縣"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "taken_back"


def test_a_refused_move_is_told_on_the_form_before_anything_is_typed(client: Client) -> None:
    sign_in(client, person("ministry"))
    with clock.frozen(MORNING):
        page = client.post(reverse("seasons:moments"), {**FIELDS, "day": "114/12/13"}).content.decode()
        bad = client.post(reverse("seasons:moments"), {**FIELDS, "clock": "25:00"}).content.decode()
    assert "會早於" in page
    assert "時間要寫成 17:00" in bad


@pytest.mark.parametrize("role", ["officer", "vendor", "institution"])
def test_the_page_is_not_there_for_others(client: Client, role: str) -> None:
    sign_in(client, person(role))
    assert client.get(reverse("seasons:moments")).status_code == 404


def test_within_one_request_the_moves_are_read_once(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    move()
    with CaptureQueriesContext(connection) as queries, clock.frozen(MORNING):
        client.get("/")
    reading = [q for q in queries if "seasons_momentmove" in q["sql"] and '"season" =' not in q["sql"]]
    assert len(reading) == 1


def acts_submit(application: Any, arrived: datetime) -> Any:
    from careward.applications import acts as applications

    return applications.submit(application, applying.APPLICANT, notice_version="1", arrived_at=arrived)
