"""A season (programme year): its moments, ways in, documents, checklist – and what its moments decide.

Time is computed from the moments, never counted up. Whatever closes at 17:00 still accepts 17:00:00.000000
and refuses anything later; whatever opens at a moment is open at it [decided, domain.md §2].
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field

from careward.kernel.clock import TAIPEI
from careward.kernel.roc import RocMonth
from careward.rulebook.change_lists import Changes
from careward.rulebook.data_months import DataMonths, IndicatorProposal, SuspendedMonths, UploadReminders
from careward.rulebook.values import ByCode, ById, Entry, Frozen, Instant, Sourced, Text, pick

MOMENTS_IN_ORDER: Final = (
    "applications_open",
    "institution_window_closes",
    "supplement_default_due",
    "supplement_latest_due",
    "review_closes",
    "provisioning_due",
    "upload_opens",
    "old_accounts_close",
    "test_access_ends",
)
"""Every season has exactly these, none before the one above it."""

SECTIONS: Final = ("institution", "person", "contact", "mode", "vendor", "sources")
"""Pages of the form that a supplement may open again; beside them stand the season's documents."""

ALL_DOCUMENTS: Final = "documents"
"""Every document of the case's mode, where a supplement opens them together."""

_OPENING: Final = frozenset({"applications_open", "upload_opens"})

KindId = Literal["new", "continuing"]
ModeId = Literal["own", "rented", "nursing_home_system"]
Positive = Annotated[int, Field(gt=0)]


class Phase(StrEnum):
    """Where a season stands, as the home page and the desks tell it."""

    NOT_OPEN = "not_open"
    APPLICATIONS = "applications"
    REVIEW = "review"
    PROVISIONING = "provisioning"
    UPLOADS = "uploads"


class Moment(Entry):
    """An instant at which something opens or closes; `explains` is the line shown under the label.

    One that is not `confirmed` was carried over from another season's file: its season cannot open.
    """

    code: str
    at: Instant
    label: Text
    explains: Text
    public: bool
    confirmed: bool = True

    def passed(self, now: datetime) -> bool:
        """Whether what opens here is open, or what closes here is closed, at `now` (aware)."""
        return now >= self.at if self.opens else now > self.at

    @property
    def opens(self) -> bool:
        """Whether something opens here; everything else closes."""
        return self.code in _OPENING

    @property
    def whole_day(self) -> bool:
        """Whether it is the beginning or the end of a day, so that people say only the day."""
        return self.at.time() == time()

    @property
    def day(self) -> date:
        """The day people call it by: what closes at midnight belongs to the day that ends."""
        return self.at.date() if self.opens else (self.at - timedelta(microseconds=1)).date()

    @property
    def clock(self) -> str:
        """Hours and minutes in Taipei, ``24:00`` for the end of a day."""
        return "24:00" if self.whole_day and not self.opens else f"{self.at:%H:%M}"


class MovedMoment(Moment):
    """A moment that was moved for all or for a county (five digits): when it `was`, and the `reason` told.

    Never read from a file; see :mod:`careward.rulebook.moving`.
    """

    was: datetime
    reason: str
    county: str


class Kind(Entry):
    """新加入 or 延續: what the person in charge is identified by, on form and document."""

    id: KindId
    label: Text
    guidance: Text
    identity_check: Literal["national_id", "name"]


class Mode(Entry):
    """A way of connecting: its documents in the order they are asked for, and who may choose it."""

    id: ModeId
    label: Text
    guidance: Sourced[Text]
    documents: Sourced[tuple[str, ...]]
    institution_types: Sourced[tuple[str, ...]]
    asks_source_addresses: Sourced[bool]
    asks_vendor: Sourced[bool]


class DocumentKind(Entry):
    """A document an institution hands in signed; `wording` names its text in rules/documents."""

    id: str
    label: Text
    signed_by: Literal["institution", "vendor"]
    guidance: Sourced[Text]
    wording: str


class Phrase(Entry):
    """A reason for 補件, ready to be chosen; `mends` are the parts it opens, those of its item when empty."""

    id: str
    text: Text
    mends: tuple[str, ...] = ()


class ChecklistItem(Entry):
    """One thing the officer looks at: where it stands in the case, and where the demand is written.

    Without `kinds` or `modes` it belongs to every case; what is looked up on a document is no item of a case
    carried over by 同意 alone, which has none (`when_carried_over: false`).
    `mends` are the parts of the application (:data:`SECTIONS`,
    documents, :data:`ALL_DOCUMENTS`) that 補件 for this item opens, `phrases` the usual reasons.
    """

    id: str
    group: Literal["eligibility", "identity", "documents", "addresses"]
    text: Text
    look_at: Text
    where: Text
    kinds: tuple[KindId, ...] = ("new", "continuing")
    modes: tuple[ModeId, ...] = ("own", "rented", "nursing_home_system")
    when_carried_over: bool = True
    mends: Annotated[tuple[str, ...], Field(min_length=1)]
    phrases: ById[Phrase] = {}

    def opened_by(self, phrase: str) -> tuple[str, ...]:
        """Return the parts that 補件 opens for a phrase; those of the whole item for words of one's own."""
        return (self.phrases[phrase].mends if phrase in self.phrases else ()) or self.mends


class ContactWindow(Entry):
    """Whom an institution of a type may call; a phone number, never a person's name."""

    id: str
    phone: Annotated[str, Field(pattern=r"^0\d{1,2}-\d{6,8}(#\d{1,6})?$")]


class SeasonFacts(Entry):
    """Which year of which programme it is, and the indicator the interface serves."""

    code: Annotated[str, Field(pattern=r"^\d{3}$")]
    label: Text
    programme: str
    indicator: str
    interchange: str


class Limits(Frozen):
    """What one application may hold."""

    source_networks: Sourced[Positive]
    upload_bytes: Sourced[Positive]
    upload_pages: Sourced[Positive]
    uploads_per_document: Sourced[Positive]


class EscalationStep(Entry):
    """A rung of the ladder that warns a desk of unsigned cases: so many hours before the review closes, to whom."""

    id: str
    hours_before: Annotated[int, Field(ge=0, le=500)]
    to: Annotated[tuple[Literal["officer", "supervisor"], ...], Field(min_length=1)]


class Datasets(Frozen):
    """Interchange datasets by code: those each month needs, and those taken when sent."""

    required: Sourced[tuple[str, ...]]
    optional: Sourced[tuple[str, ...]]


class Season(Frozen):
    """One file of rules/seasons. Reading it refuses what contradicts itself (see consistency.py)."""

    season: SeasonFacts
    moments: ByCode[Moment]
    data_months: DataMonths
    upload_reminders: UploadReminders
    indicator_proposal: IndicatorProposal
    suspended_months: SuspendedMonths
    secret_valid_days: Sourced[Positive]
    application_link_until: Sourced[str]
    reminders_days_before: Sourced[tuple[Positive, ...]]
    personal_data_notice: Sourced[str]
    kinds: ById[Kind]
    modes: ById[Mode]
    documents: ById[DocumentKind]
    checklist: ById[ChecklistItem]
    datasets: Datasets
    contact_windows: ById[ContactWindow]
    escalation: ById[EscalationStep]
    changes: Changes
    limits: Limits

    @property
    def code(self) -> str:
        """The ROC year as text, ``115``."""
        return self.season.code

    @property
    def confirmed(self) -> bool:
        """Whether every moment is confirmed; a season with one that is not cannot open [decided]."""
        return all(moment.confirmed for moment in self.moments.values())

    @property
    def moved_moments(self) -> tuple[MovedMoment, ...]:
        """Those that differ from the rules as written, by time."""
        return tuple(moment for moment in self.in_order if isinstance(moment, MovedMoment))

    def with_moments(self, moments: Mapping[str, Moment]) -> "Season":
        """The same season with these moments."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_construct(**{**fields, "moments": dict(moments)})

    def reached(self, code: str, now: datetime) -> bool:
        """Whether a moment of a confirmed season has passed; nothing ever happens in another one."""
        return self.confirmed and self.moment(code).passed(now)

    def moment(self, code: str) -> Moment:
        """Return a moment of :data:`MOMENTS_IN_ORDER`; raises UnknownCode."""
        return pick(self.moments, "moment", code)

    def mode(self, id: str) -> Mode:  # noqa: A002 – the word the rules use
        """Return a mode; raises UnknownCode."""
        return pick(self.modes, "mode", id)

    def kind(self, id: str) -> Kind:  # noqa: A002
        """Return 新加入 (`new`) or 延續 (`continuing`); raises UnknownCode."""
        return pick(self.kinds, "kind", id)

    def document(self, id: str) -> DocumentKind:  # noqa: A002
        """Return a kind of document; raises UnknownCode."""
        return pick(self.documents, "document", id)

    def documents_for(self, mode: str) -> tuple[DocumentKind, ...]:
        """List the documents of a mode in the order they are asked for [S0 相關表單]; raises UnknownCode."""
        return tuple(self.document(id_) for id_ in self.mode(mode).documents.value)

    def modes_for(self, institution_type: str) -> tuple[Mode, ...]:
        """List the modes an institution of this type may choose, in the file's order."""
        return tuple(m for m in self.modes.values() if institution_type in m.institution_types.value)

    def checklist_for(self, mode: str, kind: str, *, carried_over: bool = False) -> tuple[ChecklistItem, ...]:
        """List what the officer ticks for a case of this mode and kind, in the file's order."""
        items = (item for item in self.checklist.values() if mode in item.modes and kind in item.kinds)
        return tuple(item for item in items if item.when_carried_over or not carried_over)

    def checklist_item(self, id: str) -> ChecklistItem:  # noqa: A002
        """Return an item of the checklist; raises UnknownCode."""
        return pick(self.checklist, "checklist item", id)

    def contact_window(self, institution_type: str) -> ContactWindow:
        """Return whom an institution of this type may call; raises UnknownCode."""
        return pick(self.contact_windows, "contact window", institution_type)

    @cached_property
    def months(self) -> tuple[RocMonth, ...]:
        """The data months, first to last."""
        months = [RocMonth.parse(self.data_months.first)]
        while str(months[-1]) != self.data_months.last:
            months.append(months[-1].following())
        return tuple(months)

    def month_opens_at(self, month: RocMonth) -> datetime:
        """Return from when a month's data may be sent: the first with the uploads, each other from its first day.

        Source: S0 (upload opens before the year begins); decided for the others.
        """
        begins = datetime.combine(month.first_day, time(), tzinfo=TAIPEI)
        first = month == self.months[0]
        return min(begins, self.moment("upload_opens").at) if first else begins

    def due_at(self, month: RocMonth) -> datetime:
        """Return the end (24:00) of the day a month's data are due; delivered exactly then is in time."""
        first = month.following().first_day
        due = first.replace(day=self.data_months.due_day_of_following_month) + timedelta(days=1)
        return datetime.combine(due, time(), tzinfo=TAIPEI)

    @cached_property
    def in_order(self) -> tuple[Moment, ...]:
        """All moments in the order of :data:`MOMENTS_IN_ORDER`, which is that of time."""
        return tuple(self.moment(code) for code in MOMENTS_IN_ORDER)

    @cached_property
    def public_moments(self) -> tuple[Moment, ...]:
        """Those shown on the public season line, by time."""
        return tuple(moment for moment in self.in_order if moment.public)

    def next_moment(self, now: datetime) -> Moment | None:
        """Return the first public moment still ahead at `now`, None after the last."""
        return next((moment for moment in self.public_moments if not moment.passed(now)), None)

    def phase(self, now: datetime) -> Phase:
        """Say where the season stands at `now`."""
        reached = (
            ("upload_opens", Phase.UPLOADS),
            ("review_closes", Phase.PROVISIONING),
            ("institution_window_closes", Phase.REVIEW),
            ("applications_open", Phase.APPLICATIONS),
        )
        return next((phase for code, phase in reached if self.reached(code, now)), Phase.NOT_OPEN)

    def window_open(self, now: datetime) -> bool:
        """Whether an institution may send or correct an application [S0 受理申請]."""
        return self.phase(now) is Phase.APPLICATIONS

    def supplement_due(self, asked_at: datetime) -> datetime:
        """Return by when a supplement asked for at `asked_at` is due: the default, once past the latest."""
        default = self.moment("supplement_default_due")
        return self.moment("supplement_latest_due").at if default.passed(asked_at) else default.at

    def review_overdue(self, now: datetime) -> bool:
        """Whether an unsigned case is 逾期; it never locks the sign-off."""
        return self.reached("review_closes", now)

    def sign_off_open(self, now: datetime) -> bool:
        """Whether counties may still sign off: until the accounts are due [decided]."""
        return self.reached("applications_open", now) and not self.reached("provisioning_due", now)

    def changes_open(self, now: datetime) -> bool:
        """Whether connection data may be changed by the monthly lists: after the window, while a list is to come."""
        begun = self.reached(self.changes.asked_from.value, now)
        return begun and self.changes.list_of(now) is not None

    def uploads_open(self, now: datetime) -> bool:
        """Whether new accounts may upload, test and live alike [S0 帳號開通]."""
        return self.reached("upload_opens", now)

    def test_lane_open(self, now: datetime) -> bool:
        """Whether institutions without an application for the indicator may still test [S0 ※]."""
        return self.uploads_open(now) and not self.reached("test_access_ends", now)

    def secret_expires_at(self, letter_at: datetime) -> datetime:
        """Return when an unread password letter runs out; its days never begin before uploads open."""
        return max(letter_at, self.moment("upload_opens").at) + timedelta(days=self.secret_valid_days.value)

    @property
    def application_link_expires_at(self) -> datetime:
        """When a mailed link to an application dies: the end of the last thing it can be used for."""
        return self.moment(self.application_link_until.value).at
