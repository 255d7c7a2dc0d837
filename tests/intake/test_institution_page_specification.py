"""The public pages of the interchange specification, generated from the rulebook."""

import pytest
from django.test import Client

from careward.intake import publishing
from careward.kernel import clock
from support import delivering

pytestmark = pytest.mark.django_db


def test_the_specification_is_public_and_says_whose_it_is(client: Client) -> None:
    response = client.get("/specification/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "因此本規格不是主管機關的規格" in page


def test_every_dataset_field_code_and_check_is_on_the_page(client: Client) -> None:
    page = client.get("/specification/").content.decode().replace("<wbr>", "")
    spec = publishing.specification_in_force()
    for dataset in spec.datasets.values():
        assert f'id="dataset-{dataset.id}"' in page
        for field in dataset.fields:
            assert field.label in page
            assert f">{field.id}<" in page
    for codes in spec.code_lists.values():
        assert f'id="codes-{codes.id}"' in page
        assert all(code.label in page for code in codes.codes.values())
    for check in spec.checks:
        assert f">{check.id}<" in page
    assert "{" not in page


def test_a_sample_is_served_as_a_delivery_would_be_named(client: Client) -> None:
    for dataset in publishing.specification_in_force().datasets:
        response = client.get(f"/specification/sample/{dataset}.csv")
        assert response.status_code == 200
        assert response["Content-Disposition"] == f'attachment; filename="{dataset}-11501.csv"'
        assert response.content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["nothing", "..", "staff-11501"])
def test_there_is_no_sample_of_an_unknown_dataset(client: Client, name: str) -> None:
    assert client.get(f"/specification/sample/{name}.csv").status_code == 404


@pytest.mark.usefixtures("uploads_open")
def test_a_sample_as_it_is_served_passes_the_checks_of_the_test_lane(client: Client) -> None:
    content = client.get("/specification/sample/staff.csv").content
    example = publishing.specification_in_force().dataset("staff").example["institution_code"]
    with clock.frozen(delivering.OPEN):
        delivery = delivering.checked(delivering.account("test", code=example), content)
    assert (delivery.state, delivery.warning_count) == ("accepted", 0)
