"""The timeline of a case: every act has words, and what happened at one moment stands in the order it happened."""

import ast
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from careward.applications.procedure import PROCEDURE
from careward.changes.procedure import PROCEDURE as CHANGE
from careward.correspondence.procedure import PROCEDURE as LETTER
from careward.kernel.clock import frozen
from careward.provisioning.procedure import PROCEDURE as ACCOUNT
from careward.review.timeline import Entry, timeline
from support.applying import DURING, lacking, with_scan

ROOT = Path(__file__).parents[2] / "src" / "careward"
ABOUT = ("application.", "document.", "letter.", "receipt.")
"""How acts begin that write to the tables a timeline is told from."""


def _written() -> Iterator[str]:
    """Acts named where the code writes outside a procedure: ``acting(by, "application.assign")``."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "acting" and len(node.args) > 1:
                named = node.args[1]
                if isinstance(named, ast.Constant) and str(named.value).startswith(ABOUT):
                    yield str(named.value)


ACTS = sorted(
    {f"{procedure.id}.{act}" for procedure in (PROCEDURE, LETTER, ACCOUNT, CHANGE) for act in procedure.acts}
    | set(_written())
)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_that_a_timeline_may_tell_has_words(act: str) -> None:
    entry = Entry(act, "system", "test", DURING, DURING)
    assert entry.label != act, f"name {act} in review/texts.yaml under timeline.acts"


@pytest.mark.django_db
def test_acts_of_one_moment_stand_in_the_order_they_were_done() -> None:
    moment: datetime = DURING
    with frozen(moment):
        application = with_scan(lacking(moment), moment)
    told = [entry.label for entry in timeline(application)]
    wanted = ["開始填寫", "送出申請", "上傳文件", "寫信通知"]
    assert [one for one in told if one in wanted] == wanted
