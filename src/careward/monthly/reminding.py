"""Reminding institutions of a month that lacks a dataset: each step of the season's ladder once."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from procrastinate.contrib.django import app

from careward import rulebook
from careward.correspondence import post
from careward.flow.queueing import LONG
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.kernel.texts import text
from careward.monthly.board import Participant, delivering, participants, titles
from careward.monthly.models import MonthReminder
from careward.monthly.rules import HELD, Standing, due_step
from careward.provisioning.models import UploadAccount
from careward.rulebook.season import Season

WORKER = Actor.system("worker")


@dataclass(frozen=True, slots=True)
class _Turn:
    month: RocMonth
    days: int


@app.periodic(cron="*/10 * * * *")
@app.task(queue="default", lock=LONG, name="monthly.keep_up", queueing_lock="monthly.keep_up")
def keep_up(timestamp: int = 0) -> None:
    """Send the reminders that are due; run as often as one likes."""
    remind_due(clock.now())


def remind_due(now: datetime) -> int:
    """Remind everybody whose step has come and whose month lacks a required dataset; how many letters."""
    return sum(_remind_turn(season, turn, now) for season in _seasons() for turn in _turns(season, now))


def _seasons() -> list[Season]:
    codes = UploadAccount.objects.in_use().order_by().values_list("season", flat=True).distinct()
    return [rulebook.current().season(code, county=rulebook.NATIONWIDE) for code in codes]


def _turns(season: Season, now: datetime) -> list[_Turn]:
    steps = (
        (month, due_step(season.due_at(month), season.upload_reminders.days_after_due, done=(), now=now))
        for month in season.months
    )
    return [_Turn(month, step) for month, step in steps if step is not None]


def _remind_turn(season: Season, turn: _Turn, now: datetime) -> int:
    done = MonthReminder.objects.filter(period=str(turn.month), days__gte=turn.days).values("account")
    untold = delivering(season.code).not_stopped().exclude(pk__in=done)
    everybody = participants(untold, season, now, [turn.month])
    return sum(_remind(one.account, season, turn, now) for one in everybody if lacking(one, turn.month))


def lacking(participant: Participant, month: RocMonth) -> list[tuple[str, Standing]]:
    """Required datasets of an asked month without an accepted file, each with where it stands."""
    if month not in participant.asked:
        return []
    cells = participant.line(month).cells.items()
    return [(dataset, cell.standing) for dataset, cell in cells if cell.standing not in HELD]


def _remind(account: UploadAccount, season: Season, turn: _Turn, now: datetime) -> int:
    """One letter in a transaction of its own; whoever came first has sent it."""
    with transaction.atomic(), acting(WORKER, "month.remind"):
        locked = delivering(season.code).not_stopped().select_for_update(of=("self",)).filter(pk=account.pk)
        told = MonthReminder.objects.filter(account=account, period=str(turn.month), days__gte=turn.days)
        found = participants(locked, season, now, [turn.month])
        missing = lacking(found[0], turn.month) if found and not told.exists() else []
        if not missing:
            return 0
        reminder = MonthReminder.objects.create(
            account=account, period=str(turn.month), days=turn.days, sent_at=now
        )
        hindered = found[0].line(turn.month).whole.standing is Standing.HINDERED
        post("month_due", reminder, missing=[_said(season, *one) for one in missing], hindered=hindered)
    return 1


def _said(season: Season, dataset: str, standing: Standing) -> dict[str, str]:
    return {"label": titles(season)[dataset], "says": text(f"monthly:standings.{standing}")}
