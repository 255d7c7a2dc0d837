"""The next season's file, drafted from this one's: every moment a year later and marked to be confirmed.

The text is kept line by line, so that comments, order and sources stay: the former season's sources are hints where to
look, until somebody confirms each line against the new announcement.
"""

import re
from datetime import date
from pathlib import Path
from typing import Final

from careward.kernel import roc
from careward.kernel.texts import text

_AT: Final = re.compile(r"^(?P<indent>\s+)at: (?P<day>\d{4}-\d{2}-\d{2})(?P<rest>T\S+)\s*$")
_LIST: Final = re.compile(
    r'^(?P<indent>\s+)"(?P<year>\d{3})(?P<month>\d\d)": \{at: (?P<day>\d{4}-\d{2}-\d{2})(?P<rest>T.+)$'
)
_SOURCE: Final = re.compile(r"^(?P<indent>\s+)source: (?P<source>.+?)\s*$")


class NotDrafted(ValueError):
    """The file of the former season is not there, or the new one is already."""


def draft(folder: Path, new: str, former: str) -> Path:
    """Write ``seasons/<new>.yaml`` from ``seasons/<former>.yaml``; both are ROC years. Raises NotDrafted."""
    there, here = folder / "seasons" / f"{former}.yaml", folder / "seasons" / f"{new}.yaml"
    if not (new.isascii() and new.isdigit() and len(new) == 3 and int(new) > int(former)):
        raise NotDrafted(text("rulebook:draft.no_year", new=new, former=former))
    if not there.is_file():
        raise NotDrafted(text("rulebook:draft.no_former", file=there))
    if here.exists():
        raise NotDrafted(text("rulebook:draft.exists", file=here))
    here.write_text(drafted(there.read_text(encoding="utf-8"), new, former), encoding="utf-8")
    return here


def drafted(written: str, new: str, former: str) -> str:
    """The text of the new season's file."""
    years = int(new) - int(former)
    out = [text("rulebook:draft.head", new=new, former=former)]
    inside = ""
    for line in written.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            inside = line.partition(":")[0]
        if inside == "moments":
            out.extend(_moment_line(line, former, new, years))
        else:
            out.append(_list_line(line, years) or _later(line, former, new))
    return "\n".join(out) + "\n"


def _moment_line(line: str, former: str, new: str, years: int) -> list[str]:
    at = _AT.match(line)
    if at:
        was = date.fromisoformat(at["day"])
        hint = text(
            "rulebook:draft.was", former=former, day=roc.format_date(was), weekday=roc.weekday_zh(was)
        )
        return [
            f"{at['indent']}# {hint}",
            f"{at['indent']}at: {_shifted(was, years).isoformat()}{at['rest']}",
            f"{at['indent']}confirmed: false",
        ]
    source = _SOURCE.match(line)
    if source:
        hint = text("rulebook:draft.source", former=former, source=source["source"].strip("\"'"))
        return [f'{source["indent"]}source: "{hint}"']
    return [_later(line, former, new)]


def _list_line(line: str, years: int) -> str:
    """A month's list and its freezing, that many years later; empty for any other line."""
    found = _LIST.match(line)
    if found is None:
        return ""
    day = _shifted(date.fromisoformat(found["day"]), years).isoformat()
    return f'{found["indent"]}"{int(found["year"]) + years:03d}{found["month"]}": {{at: {day}{found["rest"]}'


def _shifted(day: date, years: int) -> date:
    """The same day that many years later; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _later(line: str, former: str, new: str) -> str:
    """Years named in the line move on, the AD year and the year before as well; sources stay as they are."""
    if re.match(r"\s*source:", line):
        return line
    head, mark, rest = line.partition(", source:") if ", source:" in line else (line, "", "")
    step = int(new) - int(former)
    year = rf"(?<!\d)(1[0-9]{{2}})(?= (?:{text('rulebook:draft.year_words')}))"
    head = re.sub(year, lambda found: str(int(found[1]) + step), head)
    head = re.sub(rf'"{former}(\d\d)?"', lambda found: f'"{new}{found[1] or ""}"', head)
    return head + mark + rest
