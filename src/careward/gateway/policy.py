"""Limits of the gateway. What an office may change comes from ``rules/policies.yaml``."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from careward.rulebook.policies import Policies


@dataclass(frozen=True, slots=True)
class Policy:
    """Sizes in bytes; counts are of all processes of one home, however many serve the port.

    Fields without a default stand in ``rules/policies.yaml``; the others are the technician's [decided].
    """

    max_file_bytes: int
    max_connections: int
    max_connections_per_account: int
    max_open_files: int
    max_files_a_day: int
    max_bytes_a_day: int
    login_time: timedelta
    idle_time: timedelta
    failures_before_lock: int
    lock_time: timedelta
    source_failures_before_lock: int = 30
    """Across accounts: one office may hold several institutions behind one address."""
    max_tries: int = 6
    """Passwords per connection, as OpenSSH's MaxAuthTries."""
    max_offered_keys: int = 20
    max_unauthenticated: int = 100
    max_unauthenticated_per_source: int = 20
    failure_time: timedelta = timedelta(milliseconds=500)
    """A failed password is answered after this time whatever the reason, so that none can be told apart."""
    max_partials: int = 20
    """Unfinished ``.part`` files an account may keep."""
    partial_kept: timedelta = timedelta(hours=24)
    disk_reserve: int = 512 * 1024 * 1024
    """Bytes that stay free on the staging disk; below it uploads are refused."""
    welcome_interval: timedelta = timedelta(seconds=1)
    goodbye_time: timedelta = timedelta(seconds=10)
    """How long open uploads may still run after SIGTERM."""

    @classmethod
    def from_rules(cls, rules: Policies) -> Self:
        """Take the office's limits from the rulebook."""
        return cls(
            max_file_bytes=rules.delivery.max_bytes.value,
            max_connections=rules.gateway.max_connections.value,
            max_connections_per_account=rules.gateway.max_connections_per_account.value,
            max_open_files=rules.gateway.max_open_files_per_connection.value,
            max_files_a_day=rules.gateway.files_per_account_and_day.value,
            max_bytes_a_day=rules.gateway.bytes_per_account_and_day.value,
            login_time=timedelta(seconds=rules.gateway.login_seconds.value),
            idle_time=timedelta(minutes=rules.gateway.idle_minutes.value),
            failures_before_lock=rules.sign_in.failures_before_lock.value,
            lock_time=rules.sign_in.lock,
        )
