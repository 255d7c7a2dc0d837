"""Two versions of a document: which belongs beside which, and the page that shows both."""

from uuid import UUID, uuid4

import pytest
from django.test import Client

from careward.applications.models import Document
from careward.review.comparing import replaced
from review.deciding import answered, supplement, with_new_document
from review.reading import page_of
from support.applying import submitted

pytestmark = pytest.mark.django_db


def test_a_replaced_document_is_seen_beside_the_old_one(desk: Client) -> None:
    application = answered(with_new_document(supplement(submitted())))
    old, new = application.documents.order_by("added_at", "pk")
    way = f"/review/documents/{new.pk}/1/beside/{old.pk}/"
    case = page_of(desk, f"/review/{application.pk}/")
    assert case.count(way) >= 3, "the round, its pictures and the list of former files lead there"
    assert case.count("移除 承諾書.pdf") == 1, "a picture drawn afterwards is no removal"
    page = page_of(desk, f"{way}?turn=90&size=150&aside=90")
    assert f"/review/documents/{old.pk}/1/?turn=180" in page
    assert f"/review/documents/{new.pk}/1/?turn=90" in page
    assert page.count("cw-look-at__page--150") == 2
    assert "turn=90&size=200&aside=90" in page
    assert "turn=180&size=150&aside=90" in page
    assert page.index(str(old.pk)) < page.index(f"/review/documents/{new.pk}/1/?turn")


def test_only_two_versions_of_one_document_stand_side_by_side(desk: Client) -> None:
    application = with_new_document(supplement(submitted()))
    old, new = application.documents.order_by("added_at", "pk")
    stranger = submitted(institution_code="1131000018").documents.get()
    for other in (stranger.pk, new.pk, uuid4()):
        assert desk.get(f"/review/documents/{new.pk}/1/beside/{other}/").status_code == 404
    assert desk.get(f"/review/documents/{new.pk}/2/beside/{old.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("removed", "present", "pairs"),
    [
        ("a", "b", "ab"),
        ("aA", "bB", "abAB"),
        ("aA", "b", "abAb"),
        ("a", "", ""),
        ("", "b", ""),
        ("a", "x", ""),
    ],
)
def test_a_file_taken_back_stands_beside_its_successor(removed: str, present: str, pairs: str) -> None:
    def file(sign: str) -> Document:
        return Document(id=UUID(int=ord(sign)), kind="other" if sign == "x" else "mandate")

    found = replaced(map(file, removed), map(file, present))
    assert "".join(chr(one.pk.int) for pair in found for one in (pair.old, pair.new)) == pairs
