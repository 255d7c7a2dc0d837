"""The acts of an invitation: invited, agreed, taken back, changed; what it counts as; what is kept as proof."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import ProgrammingError, transaction

from careward.accounts.models import MailedLink
from careward.applications import acts as applying
from careward.applications.models import Application
from careward.continuing import acts, jobs
from careward.continuing.answering import anew, withdraw_consent
from careward.continuing.changes import changes_of
from careward.continuing.models import Invitation, Proof
from careward.continuing.procedure import PROCEDURE
from careward.continuing.rules import Standing, standing
from careward.continuing.statement import of_consent, of_taking_back
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import acting
from careward.kernel.clock import frozen, taipei
from careward.seasons import acts as moving
from careward.seasons.announcing import News
from careward.seasons.models import MomentMove
from careward.seasons.signals import moment_announced
from support.applying import APPLICANT, CLOSES, DURING, lacking
from support.continuing import CARRIED, STAFF, agreed, holder, invited, link_of, listed

pytestmark = pytest.mark.django_db
AFTER = CLOSES + timedelta(milliseconds=1)


def kinds() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("kind", flat=True))


def fresh(invitation: Invitation) -> Invitation:
    return Invitation.objects.with_standing().get(pk=invitation.pk)


def take_back(invitation: Invitation, at: object = DURING) -> Invitation:
    with frozen(at):  # type: ignore[arg-type]
        withdraw_consent(
            invitation, holder(invitation), of_taking_back(invitation), link_of(invitation), "203.0.113.7", at
        )  # type: ignore[arg-type]
    return fresh(invitation)


def test_the_original_mailbox_gets_the_letter_and_an_invitation_is_no_application() -> None:
    invitation = invited()
    assert Letter.objects.get(kind="continuing_invitation").to == ["office@example.org"]
    assert not Application.objects.exists()
    with frozen(DURING):
        assert fresh(invitation).standing is Standing.WAITING


def test_agreeing_makes_a_submitted_application_without_documents() -> None:
    invitation = agreed()
    application = invitation.application
    assert application is not None
    assert (application.state, application.kind, application.carried_over) == (
        "submitted",
        "continuing",
        True,
    )
    assert (application.needed_documents, application.person_id) == ((), None)
    assert application.reference.startswith("115-")
    assert application.sources == CARRIED["sources"]
    assert list(Application.objects.waiting_for_review()) == [application]
    assert changes_of(application) == ()
    assert sorted(kinds()) == ["continuing_agreed", "continuing_invitation"]


def test_the_checklist_of_a_bare_consent_asks_for_nothing_on_a_document() -> None:
    application = agreed().application
    assert application is not None
    groups = {item.group for item in application.checklist}
    assert "documents" not in groups
    assert "person_name_matches" not in {item.id for item in application.checklist}


def test_the_proof_says_who_when_from_where_and_which_text() -> None:
    invitation = agreed()
    proof = Proof.objects.get()
    statement = of_consent(invitation)
    assert (proof.at, proof.source, proof.mailbox) == (DURING, "203.0.113.7", "office@example.org")
    assert (proof.statement, proof.sha256, proof.version) == (statement.words, statement.sha256, "1")
    assert proof.link == link_of(invitation)
    assert "林○○" in proof.statement
    assert "林小明" not in proof.statement


def test_the_proof_lies_sealed(stands_somewhere: object) -> None:
    agreed()
    assert stands_somewhere("同意沿用 114 年度的申請資訊，繼續申請") == []  # type: ignore[operator]


def test_what_was_not_shown_is_not_agreed_to() -> None:
    invitation = invited()
    with frozen(DURING), pytest.raises(Refused) as refused:
        acts.agree(
            invitation,
            holder(invitation),
            statement=of_consent(invitation),
            shown="of another text",
            link=link_of(invitation),
            source="",
            arrived_at=DURING,
        )
    assert refused.value.code == "not_as_shown"
    assert not Application.objects.exists()


@pytest.mark.parametrize("moment", [CLOSES, taipei(2025, 11, 18, 9)])
def test_the_whole_window_counts_its_last_moment_too(moment: object) -> None:
    assert agreed(at=moment).state == "agreed"  # type: ignore[arg-type]


def test_a_millisecond_later_nothing_is_agreed_to() -> None:
    with pytest.raises(Refused) as refused:
        agreed(at=AFTER)
    assert refused.value.code == "window_closed"
    assert "17:00:00.001" in refused.value.message
    assert not Application.objects.exists()


def test_twice_is_once() -> None:
    invitation = agreed()
    with pytest.raises(NotPermitted):
        agreed(invitation)
    assert Application.objects.count() == 1


def test_what_is_not_whole_cannot_be_agreed_to() -> None:
    invitation = invited(sources=[])
    assert acts.agree_needs(invitation) == "來源位址"
    with pytest.raises(Refused) as refused:
        agreed(invitation)
    assert refused.value.code == "not_whole"


def test_taken_back_until_the_deadline_and_agreed_again() -> None:
    invitation = take_back(agreed())
    assert invitation.state == "invited"
    assert invitation.application is not None
    assert invitation.application.state == "withdrawn"
    assert "continuing_taken_back" in kinds()
    assert "application_withdrawn" not in kinds()
    with frozen(DURING):
        assert invitation.standing in {Standing.WAITING, Standing.UNFINISHED}
    again = agreed(invitation)
    assert again.application is not None
    assert again.application.state == "submitted"
    assert Application.objects.count() == 2
    kept = Proof.events.rel.related_model.objects.filter(pgh_label="insert").order_by("pgh_id")
    assert [proof.act for proof in kept] == ["agree", "take_back", "agree"]


def test_after_the_deadline_nothing_is_taken_back() -> None:
    invitation = agreed()
    with pytest.raises(Refused):
        take_back(invitation, AFTER)
    assert fresh(invitation).state == "agreed"


def test_a_consent_that_was_taken_back_is_not_restored_but_given_again() -> None:
    invitation = take_back(agreed())
    with frozen(DURING), pytest.raises(Refused) as refused:
        applying.restore(invitation.application, APPLICANT, arrived_at=DURING)
    assert refused.value.code == "agree_again"


def begun(invitation: Invitation) -> Application:
    with frozen(DURING):
        application = acts.begin_change(invitation, holder(invitation), arrived_at=DURING).application
    assert application is not None
    return application


def test_a_change_begins_with_everything_known_and_asks_for_the_full_set_of_documents() -> None:
    application = begun(invited())
    assert application.state == "draft"
    assert application.person_id is None
    assert {section.id for section in application.unfinished_sections} == set()
    assert [document.id for document in application.needed_documents] == ["institution_commitment"]


def test_a_change_begun_and_not_sent_is_unfinished_and_then_no_application() -> None:
    invitation = invited()
    begun(invitation)
    with frozen(DURING):
        assert fresh(invitation).standing is Standing.UNFINISHED
    with frozen(AFTER):
        assert fresh(invitation).standing is Standing.LAPSED


def test_a_change_sent_counts_and_shows_old_beside_new() -> None:
    invitation = invited()
    application = begun(invitation)
    with frozen(DURING):
        saved = applying.save(
            application,
            APPLICANT,
            changes={"sources": ["168.95.2.0/28"], "person_name": "王大同"},
            arrived_at=DURING,
        )
        sent = applying.submit(saved, APPLICANT, notice_version="1", arrived_at=DURING)
    assert (sent.state, fresh(invitation).state) == ("lacking", "changed")
    told = changes_of(sent)
    assert told is not None
    assert [(change.label, change.old, change.new) for change in told] == [
        ("負責人姓名", "林小明", "王大同"),
        ("來源位址", "168.95.1.1", "168.95.2.0/28"),
    ]
    with frozen(DURING):
        applying.withdraw(sent, APPLICANT, arrived_at=DURING)
        assert fresh(invitation).state == "invited"
        applying.restore(Application.objects.get(pk=sent.pk), APPLICANT, arrived_at=DURING)
    assert fresh(invitation).state == "changed"


def test_going_on_with_a_change_begins_no_second_one() -> None:
    invitation = invited()
    assert begun(invitation) == begun(fresh(invitation))


def test_a_consent_corrected_afterwards_becomes_a_change_with_documents() -> None:
    invitation = agreed()
    with frozen(DURING):
        corrected = applying.correct(
            invitation.application, APPLICANT, changes={"sources": ["168.95.9.9/32"]}, arrived_at=DURING
        )
    assert (corrected.state, corrected.carried_over) == ("lacking", False)
    assert fresh(invitation).state == "changed"


def test_a_new_mailbox_goes_the_new_applicants_way_with_what_is_known() -> None:
    invitation = invited()
    with frozen(DURING):
        application = anew(invitation, holder(invitation), DURING)
    assert (application.kind, application.mailbox, application.person_id) == ("new", "", None)
    assert application.person_name == "林小明"
    sent = lacking(DURING)
    assert sent.institution_code == invitation.institution.code
    with frozen(AFTER):
        assert fresh(invitation).standing is Standing.ANEW


@pytest.mark.parametrize(
    ("state", "begun", "anew_", "closed"),
    list(product([*PROCEDURE.states], [False, True], [False, True], [False, True])),
)
def test_every_standing_is_computed_from_state_and_clock(
    state: str, begun: bool, anew_: bool, closed: bool
) -> None:
    found = standing(state, begun=begun, anew=anew_, closed=closed)
    if state in ("agreed", "changed", "struck"):
        assert found == state
    elif anew_:
        assert found is Standing.ANEW
    elif state == "listed":
        assert found is Standing.NOT_INVITED
    else:
        assert found is (Standing.LAPSED if closed else Standing.UNFINISHED if begun else Standing.WAITING)


def test_no_answer_is_no_application_from_the_moment_whether_a_job_runs_or_not() -> None:
    invitation = invited()
    with frozen(CLOSES):
        assert fresh(invitation).standing is Standing.WAITING
    with frozen(AFTER):
        assert fresh(invitation).standing is Standing.LAPSED


def test_the_letter_about_it_is_sent_once_and_to_those_alone() -> None:
    invited()
    agreed(invited("1131000018", "agreed@example.org"))
    with frozen(CLOSES):
        assert jobs.tell_lapsed("115") == 0
    with frozen(AFTER):
        assert jobs.tell_lapsed("115") == 1
        assert jobs.tell_lapsed("115") == 0
    assert Letter.objects.get(kind="continuing_lapsed").to == ["office@example.org"]


def test_who_applies_anew_is_not_told_of_a_lapse() -> None:
    invited()
    lacking(DURING)
    with frozen(AFTER):
        assert jobs.tell_lapsed("115") == 0


def test_inviting_everybody_twice_sends_one_letter_each() -> None:
    listed()
    listed("1131000018", "other@example.org")
    with frozen(DURING):
        jobs.invite_all("115")
        jobs.invite_all("115")
    assert kinds() == ["continuing_invitation"] * 2


def test_a_letter_asked_for_again_kills_the_older_link_and_needs_both_right() -> None:
    invitation = invited()
    old = link_of(invitation)
    with frozen(DURING):
        jobs.send_again("1131000009", "stranger@example.org")
        assert MailedLink.objects.not_revoked().get() == old
        jobs.send_again("1131000009", "office@example.org")
    assert link_of(invitation) != old
    assert kinds() == ["continuing_invitation"] * 2


def test_before_the_form_opens_nobody_is_invited() -> None:
    with frozen(taipei(2025, 11, 17, 8, 59)), pytest.raises(Refused) as refused:
        acts.invite(listed(), STAFF)
    assert refused.value.code == "window_not_open"


def test_the_database_knows_the_table_too() -> None:
    invitation = listed()
    with (
        pytest.raises(ProgrammingError, match="Invalid transition"),
        transaction.atomic(),
        acting(STAFF, "prepare"),
    ):
        Invitation.objects.filter(pk=invitation.pk).update(state="agreed")


@pytest.mark.parametrize("act", PROCEDURE.acts)
@pytest.mark.parametrize("role", ["officer", "institution"])
def test_others_have_no_act_here(act: str, role: str) -> None:
    assert not [row for row in PROCEDURE.transitions if row.act == act and role in row.who]


def test_a_moved_deadline_is_told_to_those_who_have_not_answered_and_keeps_the_link_alive() -> None:
    invitation = invited()
    agreed(invited("1131000018", "b@example.org"))
    later = CLOSES + timedelta(days=1)
    with frozen(taipei(2025, 12, 8, 9)):
        move = MomentMove(
            season="115", code="institution_window_closes", county="10007", at=later, reason="颱風停止上班"
        )
        moving.move(move, STAFF)
        for news in (News.of(MomentMove.objects.get(), taken_back=False),):
            with transaction.atomic(), acting(STAFF, "announce"):
                moment_announced.send(MomentMove, news=news)
    assert Letter.objects.get(kind="continuing_moment").to == ["office@example.org"]
    with frozen(AFTER):
        assert fresh(invitation).standing is Standing.WAITING
    assert agreed(fresh(invitation), at=later).state == "agreed"


def test_whoever_opened_an_invitation_answers_for_that_institution_only() -> None:
    application = begun(invited())
    with frozen(DURING), pytest.raises(Refused) as refused:
        applying.save(application, APPLICANT, changes={"institution_code": "1131000018"}, arrived_at=DURING)
    assert refused.value.code == "other_institution"
    assert Application.objects.get().institution_code == "1131000009"
