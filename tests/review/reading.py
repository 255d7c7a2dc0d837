"""Pages as people read them."""

from html import unescape

from django.test import Client


def page_of(client: Client, address: str) -> str:
    """The text of a page that is there."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())
