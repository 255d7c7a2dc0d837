"""Cases at stages only a desk makes: 補件 in its second round, 待覆核, 未依限補正; by the acts of its people."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.core.files.uploadedfile import SimpleUploadedFile

from careward.accounts.models import User
from careward.applications import acts as applying
from careward.applications import documents, receiving
from careward.applications.models import Application
from careward.journal import Actor
from careward.kernel import clock
from careward.ops.demo import clock as demo_clock
from careward.review import acts as reviewing
from careward.review import moving, supplementing
from careward.review.supplementing import Wanted

VISITOR: Final = Actor("applicant", "demo")
_OPEN_UNTIL: Final = demo_clock.BEGINNING.replace(hour=17) + timedelta(days=3)
"""When the running round is due: while the demo's form is still open."""


def person_of(application: Application, role: str) -> User:
    """The officer, or the supervisor, of the desk a case lies at."""
    desk = moving.desk_of(application)
    return User.objects.get(role=role, county=desk.county, unit=desk.unit)


def signed(application: Application, at: datetime) -> Application:
    """Signed by the desk's officer, everything ticked."""
    ticked = [item.id for item in application.checklist]
    with clock.frozen(at):
        return reviewing.sign_off(application, _by(application, "officer"), ticked=ticked, remark="")


def documents_handed_in(application: Application, at: datetime) -> Application:
    """Every document of its mode, as the platform prints it."""
    for document in application.needed_documents:
        sheet = documents.prefilled(application, document)
        scan = receiving.receive(application, SimpleUploadedFile(f"{document.id}.pdf", sheet.pdf))
        application = applying.add_document(application, VISITOR, kind=document.id, scan=scan, arrived_at=at)
    return application


def in_second_round(application: Application, at: datetime) -> None:
    """補件中: the telephone was mended and the document replaced; of the new document something is asked again."""
    first = Wanted("form_complete", "contact_unreachable"), Wanted("institution_commitment_ok", "unreadable")
    asked = _asked(application, first, at, _OPEN_UNTIL)
    answered_at = at + timedelta(hours=3)
    with clock.frozen(answered_at):
        mended = applying.mend(
            asked, VISITOR, changes={"contact_phone": f"{asked.contact_phone}#18"}, arrived_at=answered_at
        )
        for old in mended.documents.in_force():
            mended = applying.remove_document(mended, VISITOR, document=old.pk, arrived_at=answered_at)
        mended = documents_handed_in(mended, answered_at)
        answered = supplementing.answer_supplement(mended, VISITOR, reply="", arrived_at=answered_at)
    _asked(
        answered, (Wanted("institution_commitment_ok", "seal_missing"),), at + timedelta(hours=5), _OPEN_UNTIL
    )


def waiting_for_the_second(application: Application, at: datetime) -> None:
    """待覆核: the supervisor has switched the second step on, the officer has signed."""
    chief = person_of(application, "supervisor")
    with clock.frozen(at):
        moving.set_second_step(chief, moving.desk_of(application), on=True)
    signed(application, at + timedelta(hours=1))


def not_mended(application: Application, at: datetime) -> None:
    """未依限補正: asked for, not answered, signed after its due time."""
    due = at + timedelta(hours=20)
    asked = _asked(application, (Wanted("institution_commitment_ok", "seal_missing"),), at, due)
    with clock.frozen(due + timedelta(hours=3)):
        reviewing.mark_not_mended(asked, _by(asked, "officer"), remark="")


def _asked(application: Application, wanted: tuple[Wanted, ...], at: datetime, due: datetime) -> Application:
    with clock.frozen(at):
        return supplementing.ask_supplement(application, _by(application, "officer"), wanted=wanted, due=due)


def _by(application: Application, role: str) -> Actor:
    return Actor(role, str(person_of(application, role).pk))


STAGES: Final[dict[int, Callable[[Application, datetime], None]]] = {
    5: waiting_for_the_second,
    8: in_second_round,
    14: not_mended,
}
"""Which of the demo's new applicants come so far, by number of the institution."""
