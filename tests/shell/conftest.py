"""Reading what was drawn, and a frame that no other package has furnished."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory

from careward.shell import navigation, panels


@dataclass
class Element:
    tag: str
    attrs: dict[str, str | None]
    text: str = ""


@dataclass
class Drawn(HTMLParser):
    """A page or fragment as elements; text counts for every element it lies in."""

    source: str
    elements: list[Element] = field(default_factory=list)

    VOID = ("input", "meta", "link", "img", "br", "path", "hr")

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attrs: str) -> list[Element]:
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            e for e in self.elements if e.tag == tag and all(e.attrs.get(n) == v for n, v in wanted.items())
        ]

    def one(self, tag: str, **attrs: str) -> Element:
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} × {tag} {attrs} in {self.source}"
        return found[0]

    @property
    def ids(self) -> list[str]:
        return [str(e.attrs["id"]) for e in self.elements if "id" in e.attrs]


Draw = Callable[..., Drawn]


@pytest.fixture
def draw(request_anonymous: HttpRequest) -> Draw:
    """Draw a piece of template as a page would, with ``{% load shell %}`` before it."""

    def drawn(source: str, **context: object) -> Drawn:
        template = engines["django"].from_string("{% load shell %}" + source)
        return Drawn(template.render(context, request_anonymous))

    return drawn


@pytest.fixture
def request_anonymous(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/cases/?county=63000&page=2")
    request.user = SimpleNamespace(is_authenticated=False)  # type: ignore[assignment]
    return request


@pytest.fixture(autouse=True)
def bare_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other packages register at start; these tests look at the shell alone."""
    monkeypatch.setattr(navigation, "_masthead", [])
    monkeypatch.setattr(navigation, "_footer", [])
    monkeypatch.setattr(panels, "_panels", [])
