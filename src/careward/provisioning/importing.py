"""Tables the vendor and the ministry bring: accounts made elsewhere, institutions with the indicator on record."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.conf import settings

from careward.applications.rules import shown_source
from careward.flow.importing import Change, Detail, Importer, Line
from careward.journal import Actor
from careward.kernel import networks
from careward.kernel.texts import text
from careward.provisioning import acts
from careward.provisioning.models import Lane, SystemAccount, UploadAccount
from careward.registry.importing import institution_code
from careward.store.cells import Column, Wrong, column
from careward.store.tables import Fault, Row

USERNAME: Final = re.compile(r"[a-z][a-z0-9-]{2,31}")
_SEPARATORS: Final = re.compile(r"[\s,;、]+")


def _username(written: str) -> str:
    name = written.lower()
    if not USERNAME.fullmatch(name):
        raise Wrong(text("provisioning:results.pattern", name=written))
    return name


def _sources(written: str) -> list[str]:
    """Addresses in one cell. Raises :class:`Wrong` naming the first that cannot be on a list."""
    found = []
    for one in _SEPARATORS.split(written.strip()):
        try:
            found.append(str(networks.parse_source(one, allow_loopback=settings.DEMO)))
        except networks.RefusedSource as refused:
            raise Wrong(why_not_listed(one, refused)) from refused
    return found


def why_not_listed(found: str, refused: networks.RefusedSource) -> str:
    """Why an address cannot be on a list, in the words of the page that creates one account."""
    return text(f"provisioning:create.fields.sources.errors.{refused.code}", found=found)


def _result_columns() -> Sequence[Column]:
    texts = "provisioning:results.columns"
    return (
        column(texts, "code", institution_code),
        column(texts, "username", _username),
        column(texts, "sources", _sources, needed=False, blank=True),
    )


def _compare_results(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    waiting = _by_code(UploadAccount.objects.waiting_for_the_vendor(), rows)
    labels = {column.id: column.label for column in _result_columns()}
    names = [row.values["username"] for row in rows]
    taken = {one.username: one for one in UploadAccount.objects.filter(username__in=names)}
    systems = set(SystemAccount.objects.filter(username__in=names).values_list("username", flat=True))
    doubled = {name for name, times in Counter(names).items() if times > 1}
    for row in rows:
        code, name = row.values["code"], row.values["username"]
        account = waiting.get(code)
        there = taken.get(name)
        if there is not None and there.institution.code == code:
            yield Line(row, f"{there.institution.name} {code}", Change.SAME, subject=there)
        elif account is None:
            yield Fault(row.number, labels["code"], text("provisioning:results.unknown", code=code))
        elif there is not None or name in systems:
            yield Fault(row.number, labels["username"], text("provisioning:results.taken", name=name))
        elif name in doubled:
            yield Fault(row.number, labels["username"], text("provisioning:results.twice", name=name))
        elif not (row.values.get("sources") or account.networks):
            yield Fault(row.number, labels["sources"], text("provisioning:bulk.no_addresses"))
        else:
            yield Line(row, f"{account.institution.name} {code}", Change.NEW, _created(row, account), account)


def _created(row: Row, account: UploadAccount) -> tuple[Detail, ...]:
    """Name and list with which the account would be created."""
    labels = {column.id: column.label for column in _result_columns()}
    listed = text("provisioning:list_separator").join(
        shown_source(one) for one in row.values.get("sources") or account.networks
    )
    name = row.values["username"]
    return Detail(labels["username"], None, name), Detail(labels["sources"], None, listed)


def _enter_results(lines: Sequence[Line], by: Actor) -> None:
    for line in lines:
        acts.create(
            line.subject,
            by,
            username=line.row.values["username"],
            sources=line.row.values.get("sources") or line.subject.networks,
            allow_loopback=settings.DEMO,
        )


def _indicator_columns() -> Sequence[Column]:
    return (column("provisioning:indicator.columns", "code", institution_code),)


def _compare_indicator(rows: Sequence[Row]) -> Iterator[Line | Fault]:
    accounts = _by_code(UploadAccount.objects.exclude(state__in=("closed", "held")), rows)
    for row in rows:
        code = row.values["code"]
        account = accounts.get(code)
        if account is None or (account.lane == Lane.LIVE and account.indicator_recorded_at is None):
            label = _indicator_columns()[0].label
            yield Fault(row.number, label, text("provisioning:indicator.unknown", code=code))
            continue
        name = f"{account.institution.name} {code}"
        if account.lane == Lane.LIVE:
            yield Line(row, name, Change.SAME, subject=account)
            continue
        becomes = text(f"provisioning:lanes.{Lane.LIVE}")
        detail = Detail(text("provisioning:indicator.purpose"), account.lane_label, becomes)
        yield Line(row, name, Change.CHANGED, (detail,), account)


def _enter_indicator(lines: Sequence[Line], by: Actor) -> None:
    for line in lines:
        acts.record_indicator(line.subject, by)


def _by_code(accounts: Iterable[UploadAccount], rows: Sequence[Row]) -> dict[str, UploadAccount]:
    """Accounts of the season served now, by the code of their institution."""
    codes = {row.values["code"] for row in rows}
    chosen = UploadAccount.objects.filter(pk__in=[one.pk for one in accounts], institution__code__in=codes)
    return {one.institution.code: one for one in chosen.select_related("institution").order_by("season")}


RESULTS: Final = Importer(
    "accounts", "provisioning:results", _result_columns, ("code",), _compare_results, _enter_results
)
INDICATOR: Final = Importer(
    "indicator", "provisioning:indicator", _indicator_columns, ("code",), _compare_indicator, _enter_indicator
)
