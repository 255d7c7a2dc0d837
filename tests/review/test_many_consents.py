"""同意沿用 comes without a document: an officer signs many of them at once (domain.md §2)."""

import pytest
from django.test import Client

from careward.applications.jobs import look_at_others
from careward.applications.models import Application
from careward.kernel.clock import frozen
from careward.provisioning.models import UploadAccount
from careward.review.models import SignOff
from review.deciding import REVIEW
from support.continuing import agreed, invited

pytestmark = pytest.mark.django_db
MANY = 30


def test_thirty_bare_consents_are_signed_at_once_each_with_an_account_asked_for(desk: Client) -> None:
    for n in range(MANY):
        agreed(invited(f"19900{n:05d}", f"home{n}@example.org", sources=[f"168.95.{n}.1/32"]))
    cases = list(Application.objects.all())
    for case in cases:
        look_at_others(str(case.pk), [], "")
        assert not case.documents.exists()
    chosen = [str(case.pk) for case in cases]
    with frozen(REVIEW):
        asked = desk.post("/review/many/", {"act": "sign_off", "selected": chosen}).content.decode()
        assert f"共 {MANY} 件" in asked
        assert not SignOff.objects.exists()
        told = desk.post(
            "/review/many/", {"act": "sign_off", "selected": chosen, "sure": "1"}
        ).content.decode()
    assert f"{MANY} 件中完成 {MANY} 件" in told
    assert set(Application.objects.values_list("state", flat=True)) == {"signed_off"}
    assert SignOff.objects.count() == UploadAccount.objects.filter(lane="live").count() == MANY
