import pytest

from careward.kernel.procedure import Procedure, ProcedureBroken, Transition

LAMP = Procedure(
    id="lamp",
    states=("dark", "lit"),
    transitions=(
        Transition(None, "hang", ("system",), "dark"),
        Transition("dark", "switch", ("officer",), "lit", guards=("paid",), letters=("bill",)),
        Transition("dark", "switch", ("officer",), "dark"),
        Transition("lit", "switch", ("officer", "vendor"), "dark"),
    ),
)


def test_rows_that_share_state_and_act_are_tried_in_table_order() -> None:
    assert [row.next for row in LAMP.rows("dark", "switch", "officer")] == ["lit", "dark"]


def test_a_role_that_is_not_named_in_a_row_has_no_row() -> None:
    assert LAMP.rows("dark", "switch", "vendor") == ()
    assert LAMP.permitted("dark", "vendor") == ()
    assert LAMP.permitted("lit", "vendor") == ("switch",)


def test_names_are_listed_once() -> None:
    assert LAMP.acts == ("hang", "switch")
    assert LAMP.guards == ("paid",)
    assert LAMP.letters == ("bill",)


def test_the_diagram_shows_every_row() -> None:
    drawing = LAMP.diagram()
    assert "[*] --> dark: hang (system)" in drawing
    assert "dark --> lit: switch (officer) [paid]" in drawing
    assert drawing.count("-->") == len(LAMP.transitions)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (Transition("off", "switch", ("officer",), "lit"), "unknown state 'off'"),
        (Transition("dark", "switch", ("officer",), "off"), "unknown state 'off'"),
        (Transition("dark", "switch", ("thief",), "lit"), "unknown role 'thief'"),
        (Transition("dark", "switch", (), "lit"), "nobody may do it"),
        (Transition("lit", "switch", ("vendor",), "dark"), "stands twice"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(row: Transition, complaint: str) -> None:
    with pytest.raises(ProcedureBroken, match=complaint):
        Procedure(LAMP.id, LAMP.states, (*LAMP.transitions, row))


def test_a_state_that_nothing_leads_to_is_refused() -> None:
    with pytest.raises(ProcedureBroken, match="no act leads to"):
        Procedure(LAMP.id, (*LAMP.states, "broken"), LAMP.transitions)
