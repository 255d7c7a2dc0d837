"""The things that pages show, as the arguments of their addresses; all of one institution.

Its county is 10007, its type general_nursing, its code that of :mod:`support.applying`.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import uuid4

from careward.applications import jobs
from careward.applications.findings import note
from careward.applications.models import Application, Document
from careward.changes.models import ConnectionChange
from careward.correspondence.models import Letter
from careward.custody.models import Disposal
from careward.excerpts import acts as excerpts
from careward.intake.models import WarningConfirmation
from careward.journal import Actor, acting
from careward.kernel.clock import frozen
from careward.provisioning import system_acts
from careward.provisioning.models import SystemAccount
from careward.rechecking import acts as rechecking
from careward.seasons.models import MomentMove
from careward.store.objects import objects
from support import changing, continuing, delivering, members, signing_in, vendors
from support.applying import submitted

Arguments = Mapping[str, Any]

MAKERS: dict[str, Callable[[], Arguments]] = {}


def maker(make: Callable[[], Arguments]) -> Callable[[], Arguments]:
    """Register the maker of an ``object`` named in pages.yaml; each is made once per test."""

    @wraps(make)
    def registered() -> Arguments:
        return make()

    MAKERS[make.__name__] = registered
    return registered


def _application() -> Application:
    found = Application.objects.filter(state="submitted").first()
    return found or submitted()


def _document() -> Document:
    document = _application().documents.in_force()[0]
    if document.rendered_at is None:
        jobs.render_pages(str(document.pk))
    return document


@maker
def application() -> Arguments:
    """待審查."""
    return {"application_id": _application().pk}


@maker
def decision() -> Arguments:
    """An act of the desk that waits for a reason."""
    return {"application_id": _application().pk, "act": "revoke"}


@maker
def finding() -> Arguments:
    """Something the platform noticed about it."""
    with acting(Actor.system("test"), "prepare"):
        found = note(_application(), "applications:code_unread", subject="x", document="x")
    return {"application_id": _application().pk, "finding": found.pk}


@maker
def document() -> Arguments:
    """Its signed scan."""
    return {"document_id": _document().pk}


@maker
def document_page() -> Arguments:
    """The first page of it."""
    return {"document_id": _document().pk, "page": 1}


@maker
def document_pair() -> Arguments:
    """The first page of it beside that of a version taken back."""
    former = Document.objects.get(pk=_document().pk)
    with objects().open(former.key) as source:
        former.key = objects().put(f"{former.key}-former", source).key
    former.pk, former.removed_at = uuid4(), former.added_at
    with acting(Actor.system("test"), "prepare"):
        former.save(force_insert=True)
    return {"document_id": _document().pk, "page": 1, "former_id": former.pk}


@maker
def account() -> Arguments:
    """An upload account in use."""
    with frozen(delivering.OPEN):
        return {"account_id": delivering.account().pk}


@maker
def system_account() -> Arguments:
    """The account of a system that uploads for many institutions."""
    fresh = SystemAccount(mode="nursing_home_system", username="cw-system", networks=["168.95.1.1/32"])
    return {"system_id": system_acts.open_account(fresh, Actor("vendor", "test")).pk}


@maker
def delivery() -> Arguments:
    """A file that was received and checked."""
    with frozen(delivering.OPEN):
        return {"ticket": delivering.checked(delivering.account()).ticket}


@maker
def delivery_with_findings() -> Arguments:
    """A file in which something was found."""
    with frozen(delivering.OPEN):
        return {"ticket": delivering.checked(delivering.account(), b"").ticket}


@maker
def confirmed_warning() -> Arguments:
    """A warning its institution confirmed."""
    with frozen(delivering.OPEN):
        delivery = delivering.checked(delivering.account())
    who = signing_in.person("institution", "clerk@example.org", institution_code=delivering.CODE)
    with acting(Actor.system("test"), "prepare"):
        row = WarningConfirmation.objects.create(
            institution=delivery.institution, dataset="staff", rule="x", what="x", digest="x", reason="x",
            delivery=delivery, confirmed_by=who, confirmed_at=delivering.OPEN,
        )  # fmt: skip
    return {"confirmation_id": row.pk}


@maker
def excerpt() -> Arguments:
    """One check of a receipt, shared with a vendor."""
    with frozen(delivering.OPEN):
        delivery = delivering.checked(delivering.account(), delivering.staff_csv(1, role="XXX"))
    who = signing_in.person("institution", "sharer@example.org", institution_code=delivering.CODE)
    made = excerpts.share(
        delivery, "staff.role.code_list", mailbox="it@vendor.example", user=who, by=Actor.system("test")
    )
    return {"excerpt_id": made.pk}


@maker
def import_kind() -> Arguments:
    """A kind of table that may be imported."""
    return {"kind": "institutions"}


@maker
def table_kind() -> Arguments:
    """A form in which tables are written."""
    return {"kind": "ods"}


@maker
def moment_move() -> Arguments:
    """A moment moved for a county."""
    with acting(Actor.system("test"), "prepare"):
        row = MomentMove.objects.create(
            state="in_force", season="115", code="upload_opens", county="10007", at=delivering.OPEN,
            was=delivering.OPEN, reason="x", moved_at=delivering.OPEN,
        )  # fmt: skip
    return {"move_id": row.pk}


@maker
def person() -> Arguments:
    """Somebody of staff."""
    return {"user_id": signing_in.person("officer", "somebody@example.org").pk}


@maker
def invitation() -> Arguments:
    """An institution that took part last season, invited to continue."""
    return {"invitation_id": continuing.invited().pk}


@maker
def oversight_list() -> Arguments:
    """A list of the overview."""
    return {"name": "unsigned"}


def _change() -> ConnectionChange:
    return ConnectionChange.objects.first() or changing.requested()


@maker
def connection_change() -> Arguments:
    """A change that waits for review."""
    return {"change_id": _change().pk}


@maker
def change_decision() -> Arguments:
    """A decision about it that wants a reason."""
    return {"change_id": _change().pk, "act": "give_back"}


@maker
def change_list() -> Arguments:
    """A month's list."""
    return {"season": "115", "month": "11501"}


@maker
def change_list_file() -> Arguments:
    """A month's list as a file."""
    return {"season": "115", "month": "11501", "kind": "pdf"}


@maker
def system_mode() -> Arguments:
    """A mode whose system uploads for many institutions."""
    return {"mode": "nursing_home_system"}


@maker
def system_vendor() -> Arguments:
    """A vendor institutions may choose."""
    return {"vendor_id": vendors.listed().pk}


@maker
def member() -> Arguments:
    """A clerk of the institution."""
    return {"member_id": members.clerk(delivering.institution(), "colleague@example.org").pk}


@maker
def delegation() -> Arguments:
    """The institution lets a vendor look."""
    company = vendors.listed(business_id="12345675", mailbox="other@vendor.example")
    return {"delegation_id": members.delegated(delivering.institution(), company).pk}


@maker
def letter() -> Arguments:
    """A letter about the application, given up."""
    application = _application()
    with acting(Actor.system("test"), "prepare"):
        row = Letter.objects.create(
            state="failed", kind="application_received", to=[application.mailbox], subject="x", body="x",
            about="x:1", institution_code=application.institution_code,
            institution_type=application.institution_type, county=application.county,
        )  # fmt: skip
    return {"letter_id": row.pk}


@maker
def letter_kind() -> Arguments:
    """A kind of letter."""
    return {"kind": "application_received"}


@maker
def institution_code() -> Arguments:
    """The code of an institution that delivers."""
    with frozen(delivering.OPEN):
        return {"code": delivering.account().institution.code}


@maker
def recheck() -> Arguments:
    """Rules tried in shadow."""
    return {"recheck_id": rechecking.order("115", "1.0").pk}


@maker
def disposal() -> Arguments:
    """The certificate of a destruction."""
    with acting(Actor.system("test"), "prepare"):
        by = signing_in.person("administrator", "keeper@example.org")
        row = Disposal.objects.create(by=by, witness="x", confirmed_at=delivering.OPEN)
    return {"disposal_id": row.pk}
