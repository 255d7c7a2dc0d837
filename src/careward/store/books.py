"""Books of several sheets written row by row, ODS and XLSX, however many rows: memory does not grow with them.

As :mod:`careward.store.spreadsheets` writes them – codes stay text, nothing is ever a formula – and for working in:
the heading stays in view, every column has its filter. What does not fit on one sheet goes on to the next.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from io import TextIOWrapper
from itertools import islice
from tempfile import gettempdir
from typing import IO, Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from careward.store.spreadsheets import FORMATS, Page, plain, sheet_name

MOST_ROWS: Final = 1_048_575
"""Below a heading, in Excel; LibreOffice holds as many."""
_STYLED: Final = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    'xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0" office:version="1.3"'
)
_MANIFEST: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    '<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{kind}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="settings.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
_STYLES: Final = (
    '<office:automatic-styles><style:style style:name="head" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>{columns}</office:automatic-styles>'
)
_COLUMN: Final = (
    '<style:style style:name="w{width}" style:family="table-column">'
    '<style:table-column-properties style:column-width="{cm:.2f}cm"/></style:style>'
)
_WIDE: Final = 60


def write(kind: str, pages: Sequence[Page], target: IO[bytes]) -> None:
    """Write ``pages``, their rows taken once and in order, to ``target``; ``kind`` is ``ods`` or ``xlsx``.

    ``Page.widths``, in signs, say how wide columns are. Raises KeyError for another kind.
    """
    writers: dict[str, Callable[[Sequence[Page], IO[bytes]], None]] = {"ods": _ods, "xlsx": _xlsx}
    writers[kind](pages, target)


def _sheets(pages: Sequence[Page]) -> Iterator[tuple[str, Page, Iterator[Sequence[Any]]]]:
    """Each sheet with its name and rows; the next is asked for only when the rows of this are taken."""
    for page in pages:
        rows, number, begun = iter(page.rows), 1, True
        while begun:
            first = list(islice(rows, 1))
            begun = bool(first)
            if begun or number == 1:
                name = page.title if number == 1 else f"{page.title} {number}"
                yield sheet_name(name), page, _chained(first, islice(rows, MOST_ROWS - 1))
            number += 1


def _chained(first: list[Sequence[Any]], rest: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield from first
    yield from rest


def _widths(page: Page) -> Sequence[int]:
    return [min(_WIDE, width) for width in page.widths or [18] * len(page.heading)]


def _xlsx(pages: Sequence[Page], target: IO[bytes]) -> None:
    with xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": gettempdir()}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True})
        for name, page, rows in _sheets(pages):
            sheet = book.add_worksheet(name)
            for place, width in enumerate(_widths(page)):
                sheet.set_column(place, place, width)
            sheet.freeze_panes(1, 0)
            for place, said in enumerate(page.heading):
                sheet.write_string(0, place, said, bold)
            line = 0
            for line, row in enumerate(rows, start=1):
                for place, cell in enumerate(map(plain, row)):
                    if isinstance(cell, str):
                        sheet.write_string(line, place, cell)
                    else:
                        sheet.write_number(line, place, cell)
            sheet.autofilter(0, 0, max(1, line), len(page.heading) - 1)


def _ods(pages: Sequence[Page], target: IO[bytes]) -> None:
    kind = FORMATS["ods"].media_type
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        book.writestr(zipfile.ZipInfo("mimetype"), kind, zipfile.ZIP_STORED)
        book.writestr("META-INF/manifest.xml", _MANIFEST.format(kind=kind))
        filled: list[tuple[str, int, int]] = []
        content = book.open("content.xml", "w", force_zip64=True)
        with TextIOWrapper(content, encoding="utf-8", newline="") as written:
            written.writelines(_content(pages, filled))
        book.writestr("settings.xml", _settings([name for name, _, _ in filled]))


def _content(pages: Sequence[Page], filled: list[tuple[str, int, int]]) -> Iterator[str]:
    widths = sorted({width for page in pages for width in _widths(page)})
    columns = "".join(_COLUMN.format(width=width, cm=width * 0.2 + 0.4) for width in widths)
    yield f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_STYLED}>'
    yield _STYLES.format(columns=columns)
    yield "<office:body><office:spreadsheet>"
    for name, page, rows in _sheets(pages):
        yield f'<table:table table:name="{escape(name)}">'
        yield "".join(f'<table:table-column table:style-name="w{width}"/>' for width in _widths(page))
        yield _row(page.heading, ' table:style-name="head"')
        line = 0
        for row in rows:
            line += 1
            yield _row(row)
        yield "</table:table>"
        filled.append((name, line, len(page.heading)))
    yield f"<table:database-ranges>{''.join(_range(*each) for each in filled)}</table:database-ranges>"
    yield "</office:spreadsheet></office:body></office:document-content>"


def _row(row: Sequence[Any], style: str = "") -> str:
    return f"<table:table-row>{''.join(_cell(plain(cell), style) for cell in row)}</table:table-row>"


def _cell(cell: str | int | float, style: str) -> str:
    if isinstance(cell, str):
        said = f'office:value-type="string"{style}><text:p>{escape(cell, quote=False)}</text:p>'
    else:
        said = f'office:value-type="float" office:value="{cell}"{style}><text:p>{cell}</text:p>'
    return f"<table:table-cell {said}</table:table-cell>"


def _range(name: str, rows: int, columns: int) -> str:
    sheet = escape(f"'{name}'")
    last = f"{xl_col_to_name(columns - 1)}{max(1, rows) + 1}"
    return (
        f'<table:database-range table:name="{escape(name)}" table:display-filter-buttons="true" '
        f'table:target-range-address="{sheet}.A1:{sheet}.{last}"/>'
    )


def _settings(names: Sequence[str]) -> str:
    """The heading of every sheet stays in view."""
    frozen = (
        ("VerticalSplitMode", "short", 2),
        ("VerticalSplitPosition", "int", 1),
        ("ActiveSplitRange", "short", 2),
        ("PositionBottom", "int", 1),
    )
    items = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
        for name, kind, value in frozen
    )
    tables = "".join(
        f'<config:config-item-map-entry config:name="{escape(name)}">{items}</config:config-item-map-entry>'
        for name in names
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-settings {_STYLED}><office:settings>'
        '<config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        f'<config:config-item-map-named config:name="Tables">{tables}</config:config-item-map-named>'
        "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set>"
        "</office:settings></office:document-settings>"
    )
