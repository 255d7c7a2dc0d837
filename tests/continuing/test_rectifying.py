"""What the list of last season's participants has wrong is mended, also after the letter left."""

import pytest
from django.test import Client

from careward.accounts.acts import name_deputy
from careward.accounts.models import MailedLink
from careward.applications import acts as applying
from careward.continuing import acts, jobs, rectifying
from careward.continuing.history import history
from careward.continuing.models import PURPOSE, Invitation
from careward.continuing.rules import Standing
from careward.correspondence.models import Letter
from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel.clock import frozen
from support.applying import CLOSES, DURING
from support.continuing import STAFF, agreed, holder, invited, link_of, listed
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
NEW = "right@example.org"
WHY = "機構來電更正"


def rectified(invitation: Invitation, by: Actor = STAFF, why: str = WHY, **changes: str) -> Invitation:
    with frozen(DURING):
        return rectifying.rectify(invitation, by, changes=changes, reason=why)


def refusal(invitation: Invitation, **changes: str) -> str:
    with pytest.raises(Refused) as refused:
        rectified(invitation, **changes)
    return refused.value.code


def told(kind: str) -> list[str]:
    """Mailboxes of the letters of a kind in the order they were written: the journal's, as the clock stands."""
    written = Letter.events.rel.related_model.objects.filter(kind=kind, pgh_label="insert").order_by("pgh_id")
    return [mailbox for letter in written for mailbox in letter.to]


class TestCorrecting:
    def test_before_the_letter_left_nobody_is_written_to(self) -> None:
        mended = rectified(listed(), mailbox=NEW, person_name="李小華")
        assert (mended.mailbox, mended.person_name, mended.reason) == (NEW, "李小華", WHY)
        assert not Letter.objects.exists()

    def test_after_it_left_the_new_mailbox_gets_one_and_the_old_link_is_dead(self) -> None:
        invitation = invited()
        old = link_of(invitation)
        mended = rectified(invitation, mailbox=NEW)
        old.refresh_from_db()
        assert old.revoked_at is not None
        assert link_of(mended).mailbox == NEW
        assert told("continuing_invitation") == ["office@example.org", NEW]

    def test_the_former_mailbox_is_told_without_a_link_or_the_new_one(self) -> None:
        rectified(invited(), mailbox=NEW)
        letter = Letter.objects.get(kind="continuing_moved")
        assert letter.to == ["office@example.org"]
        assert NEW not in letter.body
        assert "/l/" not in letter.body

    def test_anything_else_after_it_left_writes_to_nobody(self) -> None:
        invitation = invited()
        before = Letter.objects.count()
        rectified(invitation, contact_phone="04-7000000")
        assert Letter.objects.count() == before
        assert MailedLink.objects.not_revoked().filter(purpose=PURPOSE).count() == 1

    def test_a_mailbox_from_which_a_change_was_begun_is_the_institutions_own_matter(self) -> None:
        invitation = invited()
        acts.begin_change(invitation, holder(invitation), arrived_at=DURING)
        assert refusal(invitation, mailbox=NEW) == "change_begun"
        rectified(invitation, contact_name="李小華")

    def test_what_is_refused(self) -> None:
        invitation = invited()
        assert refusal(invitation, mailbox="office@example.org") == "nothing_differs"
        assert refusal(invitation, mailbox=NEW, why="  ") == "reason_missing"
        with pytest.raises(ValueError, match="mode"):
            rectified(invitation, mode="rented")
        with frozen(CLOSES.replace(hour=18)), pytest.raises(Refused) as refused:
            rectifying.rectify(invitation, STAFF, changes={"mailbox": NEW}, reason=WHY)
        assert refused.value.code == "window_closed"

    @pytest.mark.parametrize("role", ["officer", "supervisor", "institution", "applicant", "system"])
    def test_nobody_but_who_keeps_the_list(self, role: str) -> None:
        with pytest.raises(NotPermitted):
            rectified(listed(), Actor(role, "test"), mailbox=NEW)

    def test_who_answered_changes_it_alone(self) -> None:
        with pytest.raises(NotPermitted):
            rectified(agreed(), mailbox=NEW)


class TestStriking:
    def test_off_the_list_no_letter_any_more_and_no_lapse(self) -> None:
        invitation = invited()
        struck = rectifying.strike(invitation, STAFF, reason="誤列名單")
        assert struck.standing == Standing.STRUCK
        assert not MailedLink.objects.not_revoked().filter(purpose=PURPOSE).exists()
        assert "誤列名單" in Letter.objects.get(kind="continuing_struck").body
        with frozen(CLOSES.replace(hour=18)):
            assert jobs.tell_lapsed("115") == 0
            assert struck.standing == Standing.STRUCK

    def test_one_never_invited_gets_no_letter(self) -> None:
        rectifying.strike(listed(), STAFF, reason="誤列名單")
        assert not Letter.objects.exists()

    def test_a_change_begun_before_cannot_be_sent_any_more(self) -> None:
        invitation = invited()
        begun = acts.begin_change(invitation, holder(invitation), arrived_at=DURING)
        rectifying.strike(begun, STAFF, reason="誤列名單")
        assert begun.application is not None
        with pytest.raises(Refused) as refused:
            applying.submit(begun.application, holder_of_draft(), notice_version="1", arrived_at=DURING)
        assert refused.value.code == "struck"

    def test_put_back_it_is_invited_anew(self) -> None:
        struck = rectifying.strike(invited(), STAFF, reason="誤列名單")
        back = rectifying.put_back(struck, STAFF, reason="查證後確實介接")
        assert back.standing == Standing.NOT_INVITED
        with frozen(DURING):
            acts.invite(back, STAFF)
        assert told("continuing_invitation") == ["office@example.org", "office@example.org"]

    def test_a_reason_is_needed(self) -> None:
        with pytest.raises(Refused):
            rectifying.strike(listed(), STAFF, reason=" ")


def holder_of_draft() -> Actor:
    return Actor("applicant", "test")


def test_the_history_tells_who_what_and_why_with_people_masked() -> None:
    ministry = person("ministry")
    by = Actor("ministry", str(ministry.pk))
    mended = rectified(invited(), by, mailbox=NEW, person_name="李小華")
    rectifying.strike(mended, by, reason="誤列名單")
    latest, before, *rest = history(mended)
    assert (latest.label, latest.lines) == ("從名單移除", ("原因：誤列名單",))
    assert ministry.name in before.who
    assert before.lines == (
        "負責人姓名：林○○ → 李○○",
        "電子信箱：office@example.org → right@example.org",
        f"原因：{WHY}",
    )
    assert [entry.label for entry in rest] == ["寄出邀請", "列入名單"]


class TestThePages:
    def test_the_ministry_corrects_and_the_list_shows_it(self, client: Client) -> None:
        invitation = invited()
        sign_in(client, person("ministry"))
        page = f"/participants/{invitation.pk}/"
        with frozen(DURING):
            assert "更正登記資料" in client.get(page).content.decode()
            form = client.get(f"{page}rectify/").content.decode()
            assert "林○○" in form
            assert "林小明" not in form
            empty = client.post(f"{page}rectify/", {"mailbox": NEW}).content.decode()
            assert "錯誤" in empty
            client.post(f"{page}rectify/", {"mailbox": NEW.upper(), "reason": WHY})
            shown = client.get(page).content.decode()
        assert NEW in shown
        assert WHY in shown

    def test_nothing_changed_is_told_on_the_form(self, client: Client) -> None:
        invitation = invited()
        sign_in(client, person("ministry"))
        with frozen(DURING):
            page = client.post(
                f"/participants/{invitation.pk}/rectify/", {"mailbox": invitation.mailbox, "reason": WHY}
            )
        assert "沒有資料要更正" in page.content.decode()

    def test_strike_and_put_back(self, client: Client) -> None:
        invitation = invited()
        sign_in(client, person("vendor"))
        page = f"/participants/{invitation.pk}/"
        with frozen(DURING):
            client.post(f"{page}strike/", {"reason": "誤列名單"})
            assert "誤列名單" in client.get(page).content.decode()
            assert client.get(f"{page}rectify/").status_code == 302
            assert "誤列名單" not in client.get(f"{page}put-back/").content.decode()
            client.post(f"{page}put-back/", {"reason": "查證後確實介接"})
        invitation.refresh_from_db()
        assert invitation.state == "listed"

    def test_a_county_reads_its_own_and_changes_nothing(self, client: Client) -> None:
        invitation = invited()
        sign_in(client, person("officer", county=invitation.institution.county))
        page = f"/participants/{invitation.pk}/"
        with frozen(DURING):
            assert "更正登記資料" not in client.get(page).content.decode()
            assert client.get(f"{page}rectify/").status_code in (403, 404)
        sign_in(client, person("officer", "far@example.org", county="10014"))
        assert client.get(page).status_code == 404

    def test_who_stands_in_for_the_office_in_charge_does_what_it_may(self, client: Client) -> None:
        invitation = invited()
        away = person("ministry", unit="nursing")
        deputy = person("ministry", "deputy@example.org", unit="social_family")
        page = f"/participants/{invitation.pk}/"
        with frozen(DURING):
            sign_in(client, deputy)
            assert client.get(page).status_code == 404
            day = DURING.date()
            name_deputy(away, deputy, Actor.system("test"), first_day=day, last_day=day)
            assert "更正登記資料" in client.get(page).content.decode()
            client.post(f"{page}rectify/", {"mailbox": NEW, "reason": WHY})
            assert client.post(f"{page}strike/", {"reason": "誤列名單"}).status_code == 302
        invitation.refresh_from_db()
        assert (invitation.mailbox, invitation.state) == (NEW, "struck")
        done = type(invitation)._meta.get_field("events").related_model.objects.latest("pgh_id").pgh_context
        assert (done["actor"], done["deputy_for"]) == (str(deputy.pk), str(away.pk))

    def test_after_the_window_only_striking_is_left(self, client: Client) -> None:
        invitation = invited()
        sign_in(client, person("ministry"))
        with frozen(CLOSES.replace(hour=18)):
            page = client.get(f"/participants/{invitation.pk}/").content.decode()
        assert "更正登記資料" not in page
        assert "從名單移除" in page
