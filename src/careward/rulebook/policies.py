"""The platform's own limits that may be changed without a programmer (rules/policies.yaml)."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from careward.rulebook.values import Frozen, Sourced

Whole = Sourced[Annotated[int, Field(gt=0)]]


class Delivery(Frozen):
    """What one delivered file may be; from `by_columns_from` rows on it is checked by whole columns."""

    max_bytes: Whole
    by_columns_from: Whole


class Bundle(Frozen):
    """What a ZIP with several files may be: how many, and their bytes together once unpacked."""

    max_members: Whole
    max_bytes: Whole


class Precheck(Frozen):
    """What a file may be that is checked on the page before it is sent; of a ZIP, its files together once unpacked.

    `seconds` is how long such a check may take.
    """

    max_bytes: Whole
    unpacked_bytes: Whole
    seconds: Whole


class Gateway(Frozen):
    """Bounds of the SFTP server."""

    max_connections: Whole
    max_connections_per_account: Whole
    max_open_files_per_connection: Whole
    files_per_account_and_day: Whole
    bytes_per_account_and_day: Whole
    strangers_kept_days: Whole
    alike_minutes: Whole
    login_seconds: Whole
    idle_minutes: Whole
    keys_per_account: Whole
    key_overlap_days: Whole


class SignIn(Frozen):
    """Lock-out per (account, source), idle time and passwords; web and SFTP alike."""

    failures_before_lock: Whole
    lock_minutes: Whole
    idle_minutes: Whole
    fresh_minutes: Whole
    passkeys_per_person: Whole
    device_remembered_days: Whole
    password_min_length: Whole
    passwords_remembered: Whole
    unused_days: Whole
    unused_warning_days: Whole
    review_every_days: Whole

    @property
    def unused_warning(self) -> timedelta:
        """After how long without signing in administrators are asked whether the account is still needed."""
        return timedelta(days=self.unused_warning_days.value)

    @property
    def review_every(self) -> timedelta:
        """How often all accounts of staff are gone through."""
        return timedelta(days=self.review_every_days.value)

    @property
    def lock(self) -> timedelta:
        """How long a locked (account, source) stays locked."""
        return timedelta(minutes=self.lock_minutes.value)

    @property
    def fresh(self) -> timedelta:
        """How long after signing in, or confirming it again, somebody may change how they sign in."""
        return timedelta(minutes=self.fresh_minutes.value)

    @property
    def device_remembered(self) -> timedelta:
        """How long after its last use a browser is not new to an account."""
        return timedelta(days=self.device_remembered_days.value)

    @property
    def unused(self) -> timedelta:
        """After how long without signing in an account of staff no longer opens."""
        return timedelta(days=self.unused_days.value)

    @property
    def idle(self) -> timedelta:
        """After how long without a request a person is signed out."""
        return timedelta(minutes=self.idle_minutes.value)


class Links(Frozen):
    """Mailed links: how long an opened one works, and how often the code may be wrong."""

    opened_minutes: Whole
    wrong_codes_before_lock: Whole
    lock_minutes: Whole

    @property
    def opened(self) -> timedelta:
        """How long a person may work after opening a link, without opening it again."""
        return timedelta(minutes=self.opened_minutes.value)

    @property
    def lock(self) -> timedelta:
        """How long a link refuses after too many wrong codes."""
        return timedelta(minutes=self.lock_minutes.value)


class Tables(Frozen):
    """What one table that staff import may be."""

    max_bytes: Whole
    max_rows: Whole
    max_columns: Whole
    max_characters: Whole


class Oversight(Frozen):
    """What supervisors and the ministry are shown, and when officers are written to."""

    near_hours: Whole
    smallest_number: Whole
    digest_hour: Whole

    @property
    def near(self) -> timedelta:
        """How long before the review closes an unsigned case is listed as near its deadline."""
        return timedelta(hours=self.near_hours.value)


class Sources(Frozen):
    """From where on source addresses are remarked on to the officer; what is refused is the form's own limit."""

    most_ipv4: Whole
    shortest_ipv6: Sourced[Annotated[int, Field(ge=48, le=128)]]


class MailboxCode(Frozen):
    """The mailed code by which an applicant proves a mailbox: its life, and how often it may be wrong."""

    valid_minutes: Whole
    wrong_codes: Whole
    codes_per_hour: Whole

    @property
    def valid(self) -> timedelta:
        """How long a code can be typed after it was asked for."""
        return timedelta(minutes=self.valid_minutes.value)


class Members(Frozen):
    """The people of an institution, and the vendors it delegates to."""

    people: Whole
    delegation_days: Whole


class Excerpts(Frozen):
    """How long an excerpt of a receipt stays open to the system vendor it was sent to."""

    days: Whole

    @property
    def lives(self) -> timedelta:
        """From sharing to the end."""
        return timedelta(days=self.days.value)


class Policies(Frozen):
    """policies.yaml."""

    delivery: Delivery
    bundle: Bundle
    precheck: Precheck
    excerpts: Excerpts
    gateway: Gateway
    sign_in: SignIn
    links: Links
    oversight: Oversight
    sources: Sources
    mailbox_code: MailboxCode
    members: Members
    tables: Tables
