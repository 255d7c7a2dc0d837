"""Months with hundreds of changes: their pages ask the database no more often, and one sending holds the whole list."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdfium2 import PdfDocument

from careward.changes import releasing
from careward.changes.importing import RESULTS
from careward.changes.list_views import MOST_SHOWN
from careward.changes.listing import pdf
from careward.changes.models import ConnectionChange
from careward.flow.importing import plan
from careward.journal import Actor, acting
from careward.kernel.clock import frozen
from careward.kernel.identifiers import make_national_id
from careward.seasons.moves import held_moves
from careward.store.spreadsheets import write_table
from support import changing, delivering
from support.changing import APPROVED, ASKED, FROZEN, NEW_SOURCES
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
LIST_PAGE = "/changes/lists/115/11501/"
NUMBER = make_national_id(77)


def more_changes(first: int, count: int) -> None:
    """Approved ones of as many institutions, on the list of January."""
    accounts = delivering.accounts(str(1_131_100_000 + first + number) for number in range(count))
    with acting(Actor.system("test"), "prepare"):
        ConnectionChange.objects.bulk_create(
            ConnectionChange(
                state="approved", application=one.application, number=1, sources=NEW_SOURCES,
                former_sources=one.networks, begun_at=ASKED, sent_at=ASKED, approved_at=APPROVED, decided_at=APPROVED,
            )
            for one in accounts
        )  # fmt: skip


def asked_by(look: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        look()
    return len(asked)


@pytest.mark.parametrize("address", ["/provisioning/", "/changes/lists/", LIST_PAGE, f"{LIST_PAGE}list.csv"])
def test_the_vendors_pages_ask_as_little_of_a_long_list_as_of_a_short_one(
    client: Client, address: str
) -> None:
    changing.released()
    sign_in(client, person("vendor"))
    more_changes(0, 2)
    with frozen(FROZEN):
        client.get(address)
        short = asked_by(lambda: client.get(address))
        more_changes(2, 12)
        assert asked_by(lambda: client.get(address)) == short


def test_results_of_a_long_list_are_looked_at_in_as_few_questions() -> None:
    changing.released()
    more_changes(0, 14)
    references = [one.reference for one in ConnectionChange.objects.all()]

    def look_at(count: int) -> int:
        rows = [(one, "完成", "") for one in references[:count]]
        content = write_table("csv", "x", ["異動編號", "處理結果", "原因"], rows)
        return asked_by(lambda: plan(RESULTS, content))

    with frozen(FROZEN), held_moves():
        look_at(1)
        assert look_at(15) == look_at(2)


def test_the_printed_list_keeps_each_change_on_one_page_and_ends_at_24_00() -> None:
    sources = [f"168.95.{number}.9/32" for number in range(1, 25)]
    accounts = delivering.accounts(str(1_131_200_000 + number) for number in range(12))
    changes = [
        changing.approved(account, sources=sources, person_name="周大安", person_id=NUMBER)
        for account in accounts
    ]
    month = releasing.month_of("115", "11501")
    assert month is not None
    with frozen(FROZEN):
        pages = [page.get_textpage().get_text_bounded() for page in PdfDocument(pdf(month, changes))]
    assert len(pages) > 2
    assert "115 年 1 月 31 日（六）24:00" in pages[0]
    for page in pages:
        assert page.count("168.95.1.9") == page.count("168.95.24.9") == page.count("周○○")


def test_a_list_as_long_as_its_page_shows_is_sent_in_one_go(client: Client) -> None:
    sign_in(client, person("vendor"))
    chosen = [str(uuid.uuid4()) for _ in range(MOST_SHOWN)]
    answer = client.post(f"{LIST_PAGE}process/", {"chosen": chosen, "csrfmiddlewaretoken": "x"})
    assert answer.status_code == 302
