"""Pages of accounts that have keys, the vendor's and the institution's: they are read on a phone, too."""

import asyncssh
import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from careward.journal import Actor, acting
from careward.provisioning import key_acts
from careward.registry.models import Institution
from careward.vendors.keys import public_line
from provisioning.making import created, owner_of, requested
from support import delivering
from support.browsing import chromium_beside_the_database, look, page_in, session_of
from support.signing_in import person, sign_in

PAPER: ViewportSize = {"width": 680, "height": 960}
"""A4 between its margins."""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_on_paper_a_row_of_the_queue_takes_a_few_lines_and_no_boxes(live_server: LiveServer) -> None:
    account = requested()
    with acting(Actor.system("test"), "prepare"):
        Institution.objects.update(name="財團法人範例社會福利慈善事業基金會附設範例護理之家（第二院區）")
    session = session_of(sign_in(Client(), person("vendor")))
    with chromium_beside_the_database() as browser:
        page = page_in(browser.new_context(viewport=PAPER), live_server, session)
        page.goto(live_server.url + reverse("provisioning:queue"))
        page.emulate_media(media="print")
        row = page.get_by_role("row", name=account.institution.code)
        box = row.bounding_box()
        assert box is not None
        assert box["height"] < 100
        expect(page.locator("[name=chosen]")).to_be_hidden()


def test_a_keys_fingerprint_does_not_widen_the_page(live_server: LiveServer) -> None:
    account, system = created(), delivering.system()
    key, fresh = (asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode() for _ in "ab")
    key_acts.register_key(account, owner_of(account), line=public_line(key))
    session = session_of(sign_in(Client(), person("vendor")))
    with chromium_beside_the_database() as browser:
        context = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
        page = page_in(context, live_server, session)
        for name, address in (
            ("account", reverse("provisioning:account", args=[account.pk])),
            ("system", reverse("provisioning:system", args=[system.mode])),
        ):
            page.goto(live_server.url + address)
            assert page.get_by_text("SHA256:").count() >= 1
            look(page, name)
        owner = person("institution", "owner@example.org", institution_code=account.institution.code)
        page = page_in(context, live_server, session_of(sign_in(Client(), owner)))
        page.goto(live_server.url + reverse("provisioning:keys", args=[account.pk]))
        page.locator("[name=line]").fill(fresh)
        page.get_by_role("button", name="登記公開金鑰").click()
        assert "SHA256:" in page.locator("[role=alert]").inner_text()
        look(page, "registered")
