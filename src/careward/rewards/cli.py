"""``careward rewards``: the words of its commands; what they do is :mod:`careward.rewards.command`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Reward money, calculated from files of facts.")

Programme = Annotated[str, typer.Option(help="Programme, a file of rules/programmes.")]
Years = Annotated[str, typer.Option(help="ROC year as 111, or years as 109-112.")]
KnownOn = Annotated[str, typer.Option(help="As known on this day, such as 2022-12-31.")]


@app.command("compute")
def compute_rewards(
    facts: Annotated[
        Path, typer.Argument(help="Facts as CSV, ODS or XLSX; see docs/reference/reward-facts.md.")
    ],
    programme: Programme,
    year: Years,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,  # noqa: FBT002
    explain: Annotated[str | None, typer.Option(help="Explain one institution by its code.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write a table too: .ods, .xlsx or .csv.")] = None,
    as_known_on: KnownOn = "",
) -> None:
    """Compute every institution of a file: exit 0 all read, 1 some rows unreadable, 2 not as asked."""
    from careward.rewards import command

    def work() -> int:
        asked = command.read_asked(programme, year, as_known_on)
        return command.run_compute(facts, asked, as_json_lines=as_json, code=explain, out=out)

    raise typer.Exit(command.guarded(work))


@app.command("totals")
def total_rewards(
    facts: Annotated[Path, typer.Argument(help="Facts as CSV, ODS or XLSX.")],
    programme: Programme,
    year: Years,
    admin_cost: Annotated[list[str] | None, typer.Option(help="COUNTY=AMOUNT, held against its cap.")] = None,
    bonus: Annotated[list[str] | None, typer.Option(help="CODE=AMOUNT, held against its cap.")] = None,
    as_known_on: KnownOn = "",
) -> None:
    """Sum by year, type and county; warn before a cap is broken, exit 1 when one is."""
    from careward.rewards import command

    def work() -> int:
        asked = command.read_asked(programme, year, as_known_on)
        spent = command.read_money(admin_cost or []), command.read_money(bonus or [])
        return command.run_totals(facts, asked, *spent)

    raise typer.Exit(command.guarded(work))


@app.command("compare")
def compare_rewards(
    before: Annotated[Path, typer.Argument(help="Facts of the one calculation.")],
    after: Annotated[Path, typer.Argument(help="Facts of the other; the same file when only rules differ.")],
    programme: Programme,
    year: Years,
    rules_before: Annotated[Path | None, typer.Option(help="Rulebook of the one; default: in force.")] = None,
    rules_after: Annotated[
        Path | None, typer.Option(help="Rulebook of the other; default: in force.")
    ] = None,
    known_before: KnownOn = "",
    known_after: KnownOn = "",
) -> None:
    """List what differs between two calculations, with the causes."""
    from careward.rewards import command

    def work() -> int:
        one = command.read_asked(programme, year, known_before, command.rulebook_of(rules_before))
        other = command.read_asked(programme, year, known_after, command.rulebook_of(rules_after))
        return command.run_compare((before, one), (after, other))

    raise typer.Exit(command.guarded(work))
