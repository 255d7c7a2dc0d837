"""Links asked for once more; nobody learns by the answer whether the entry exists."""

from procrastinate.contrib.django import app

from careward.flow import NotPermitted
from careward.journal import Actor
from careward.vendors import acts
from careward.vendors.models import SystemVendor
from careward.vendors.procedure import LISTED


@app.task(queue="default", name="vendors.send_link")
def send_link(business_id: str) -> None:
    """Mail the listed entry of a company its link, to its own mailbox, whoever asked."""
    vendor = SystemVendor.objects.filter(business_id=business_id, state=LISTED).first()
    if vendor is not None:
        try:
            acts.send_link(vendor, Actor.system("worker"))
        except NotPermitted:  # closed meanwhile: there is nothing to send
            return
