"""The command line: every part of the platform, one by one or together."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from careward.gateway.cli import app as gateway
from careward.rewards.cli import app as rewards

app = typer.Typer(
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
    help="careward – apply, review, account, upload, check.",
)
rules = typer.Typer(no_args_is_help=True, help="The rulebook in rules/.")
intake = typer.Typer(no_args_is_help=True, help="Files for the interchange.")
receipt = typer.Typer(no_args_is_help=True, help="Receipts of deliveries.")
journal = typer.Typer(no_args_is_help=True, help="The journal of every change.")
registry = typer.Typer(no_args_is_help=True, help="The institutions.")
staff = typer.Typer(no_args_is_help=True, help="Accounts of staff.")
seasons = typer.Typer(no_args_is_help=True, help="The seasons of rules/seasons.")
mail = typer.Typer(no_args_is_help=True, help="Letters and what comes back.")
demo = typer.Typer(no_args_is_help=True, help="The demo season (CAREWARD_MODE=demo only).")
app.add_typer(rules, name="rules")
app.add_typer(intake, name="intake")
app.add_typer(receipt, name="receipt")
app.add_typer(gateway, name="gateway")
app.add_typer(journal, name="journal")
app.add_typer(staff, name="staff")
app.add_typer(rewards, name="rewards")
app.add_typer(mail, name="mail")
app.add_typer(seasons, name="seasons")
app.add_typer(demo, name="demo")
app.add_typer(registry, name="registry")
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Entry point. The mode is production unless CAREWARD_MODE says ``demo``."""
    mode = os.environ.get("CAREWARD_MODE", "production")
    if mode not in {"demo", "production"}:
        errors.print(f"CAREWARD_MODE is {mode!r}; expected demo or production")
        raise SystemExit(2)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"careward.settings.{mode}")
    app()


def _django() -> None:
    import django

    django.setup()


def _serving() -> None:
    """As :func:`_django`, for whoever serves: a rulebook that contradicts itself is told, and nothing begins."""
    from careward.rulebook import RulebookBroken, whole

    try:
        whole()
    except RulebookBroken as broken:
        for problem in broken.problems:
            errors.print(str(problem), markup=False)
        raise typer.Exit(1) from broken
    _django()


def _only_in_demo() -> None:
    from django.conf import settings

    _django()
    if not settings.DEMO:
        errors.print("This command exists in demo mode only (CAREWARD_MODE=demo).")
        raise typer.Exit(2)


@app.command()
def up() -> None:
    """Prepare the database, then run web, SFTP and worker here until Ctrl-C."""
    _serving()
    from django.conf import settings
    from django.core.management import call_command

    from careward.ops import migrating, runner

    if not migrating.is_current():
        _as_owner("migrate")
    call_command(
        "collectstatic", interactive=False, verbosity=0, ignore_patterns=["pdf-fonts", "pdf-fonts/*"]
    )
    if settings.DEMO:
        from careward.ops.demo.season import prepare as fill

        fill()
    web = f"http://127.0.0.1:{settings.WEB_PORT}"

    def ready() -> None:
        console.print(f"careward: ready {web} sftp://{settings.SFTP_HOST}:{settings.SFTP_PORT}")
        sys.stdout.flush()

    try:
        runner.up(f"{web}/healthz", ready)
    except runner.NotReady as fault:
        errors.print(f"careward: {fault}")
        raise typer.Exit(1) from fault


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "careward", *words], check=True)  # noqa: S603 - our own command


def _as_owner(*words: str) -> None:
    environment = {**os.environ, "CAREWARD_DB_ROLE": "owner"}
    subprocess.run([sys.executable, "-m", "careward", *words], check=True, env=environment)  # noqa: S603


@app.command()
def migrate() -> None:
    """Bring the database to the code's state. Needs the owner role: CAREWARD_DB_ROLE=owner."""
    _django()
    from careward.ops.migrating import migrate as bring_up

    bring_up()


@app.command()
def web() -> None:
    """Serve the pages: granian, two workers with four threads each."""
    _serving()
    from django.conf import settings

    from careward.ops import serving

    host = os.environ.get("CAREWARD_WEB_HOST", "127.0.0.1")
    words = serving.command(host, settings.WEB_PORT, "careward.wsgi:application")
    os.execv(words[0], words)  # noqa: S606 - our own command  # nosec B606


@app.command()
def sftp() -> None:
    """Serve uploads over SFTP."""
    _serving()
    from careward.gateway.main import main as serve

    serve()


@app.command()
def worker(
    hand: Annotated[bool, typer.Option("--hand", hidden=True)] = False,  # noqa: FBT002
) -> None:
    """Do the jobs – letters, checks, page pictures – in one process per core (CAREWARD_WORKER_PROCESSES)."""
    _serving()
    from careward.ops.worker import run

    run(hand=hand)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def manage(context: typer.Context) -> None:
    """Any Django management command, such as ``careward manage shell`` or ``dbshell``."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["careward manage", *context.args])


@app.command()
def dbshell() -> None:
    """Open psql on the database, as the app role; the embedded PostgreSQL brings its own psql."""
    from django.core.management import execute_from_command_line

    from careward.store.binaries import wheel_folder

    os.environ["PATH"] = f"{os.environ.get('PATH', '')}{os.pathsep}{wheel_folder() / 'bin'}"
    execute_from_command_line(["careward", "dbshell"])


@rules.command("check")
def check_rules(
    folder: Annotated[Path | None, typer.Argument(help="The rulebook; default: the one in force.")] = None,
) -> None:
    """Read the whole rulebook and compute its cases; name what is broken: file, place, reason, expectation."""
    from careward.rewards.cases import check_cases
    from careward.rulebook.book import load, rules_folder
    from careward.rulebook.check import check, remarks, summary

    place = folder or rules_folder()
    problems = check(place) or check_cases(place, load(place))
    for problem in problems:
        errors.print(str(problem), markup=False)
    (errors if problems else console).print(summary(place, problems), markup=False)
    if problems:
        raise typer.Exit(1)
    for remark in remarks(load(place)):
        console.print(remark, markup=False)


@intake.command("check")
def check_files(
    files: Annotated[list[Path], typer.Argument(help="Files as they would be uploaded.")],
    dataset: Annotated[str | None, typer.Option(help="Dataset, when the name does not say it.")] = None,
    period: Annotated[str | None, typer.Option(help="Month as 11501, when the name does not say it.")] = None,
    spec: Annotated[str, typer.Option(help="Version of the specification.")] = "1.0",
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,  # noqa: FBT002
) -> None:
    """Run the very same checks offline: exit 0 clean, 1 errors, 2 unreadable."""
    from careward.checking.offline import UNREADABLE, run

    try:
        code = run(files, dataset=dataset, period=period, spec=spec, json=as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as failed:
        errors.print(str(failed), markup=False)
        raise typer.Exit(UNREADABLE) from failed
    raise typer.Exit(code)


@intake.command("recheck")
def recheck_files(
    season: Annotated[str, typer.Argument(help="Season whose accepted files are tried, such as 115.")],
    spec: Annotated[str, typer.Option(help="Version of the specification.")] = "1.0",
    rules: Annotated[Path | None, typer.Option(help="Folder of rules not in force yet.")] = None,
) -> None:
    """Try changed rules in shadow on what was accepted: nothing changes; the difference is on 規則試檢."""
    _django()
    from careward.rechecking.command import run

    raise typer.Exit(run(season, spec, rules))


@receipt.command("verify")
def verify_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt, the .json one.")],
    key: Annotated[
        list[str] | None,
        typer.Option(help="receipt-keys.json as published, a PEM file, or the base64 of a public key."),
    ] = None,
) -> None:
    """Say offline whether a receipt is genuine: exit 0 genuine, 1 changed or unsigned, 2 cannot be told.

    Without --key, receipt-keys.json in the current folder is taken.
    """
    from careward.checking.receipt.verifying import run

    raise typer.Exit(run(file, key or []))


@journal.command("verify")
def verify_journal(
    head: Annotated[str, typer.Option(help="A head printed earlier and kept elsewhere, as 7:ab12…")] = "",
) -> None:
    """Recompute every digest and the whole chain: exit 0 as written, 1 with the first fault of each kind."""
    _django()
    from careward.journal.verifying import verify

    verdict = verify(head)
    for fault in verdict.faults:
        errors.print(f"journal: {fault}", markup=False)
    counts = f"{verdict.events} events, {verdict.seals} seals, {verdict.unsealed} not yet sealed"
    console.print(f"journal: {counts}; head {verdict.head or '-'}", markup=False)
    if verdict.faults:
        raise typer.Exit(1)


@registry.command("import")
def import_table(
    file: Annotated[Path, typer.Argument(help="CSV, ODS or XLSX.")],
    kind: Annotated[str, typer.Option(help="institutions, occupancy or accreditation.")] = "institutions",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,  # noqa: FBT002
) -> None:
    """Import a table: exit 0 done (or nothing to do), 1 faults in rows, 2 no such table."""
    _django()
    from careward.ops.importing import run

    raise typer.Exit(run(file, kind=kind, dry_run=dry_run))


@staff.command("import")
def import_staff(
    file: Annotated[Path, typer.Argument(help="CSV, ODS or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,  # noqa: FBT002
) -> None:
    """Import accounts of staff: exit 0 done (or nothing to do), 1 faults in rows, 2 no such table."""
    _django()
    from careward.ops.importing import run_staff

    raise typer.Exit(run_staff(file, dry_run=dry_run))


@staff.command("create")
def create_staff(
    email: Annotated[str, typer.Option(help="Where its owner signs in and gets letters.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[str, typer.Option(help="A role of rules/roles.yaml.")] = "administrator",
    county: Annotated[str, typer.Option(help="Five-digit code, for a county's people.")] = "",
    unit: Annotated[str, typer.Option(help="Unit as in rules/institution-types.yaml.")] = "",
) -> None:
    """Make one account, such as the first administrator's. It has no password: its owner sets one by mail."""
    _django()
    from careward.accounts.acts import open_account
    from careward.flow import Refused
    from careward.journal import Actor

    try:
        open_account(
            Actor.system("staff-create"), email=email, name=name, role=role, county=county, unit=unit
        )
    except Refused as refused:
        errors.print(f"careward: {refused.message}", markup=False)
        raise typer.Exit(1) from refused
    console.print(f"careward: {email}: account made, its letter is in the outbox", markup=False)


@seasons.command("draft")
def draft_season(
    year: Annotated[str, typer.Argument(help="ROC year of the new season, such as 116.")],
    former: Annotated[str, typer.Option("--from", help="ROC year whose file it is drafted from.")],
) -> None:
    """Write the next season's file, every moment a year later and to be confirmed; it cannot open before that."""
    from careward.rulebook.book import rules_folder
    from careward.rulebook.drafting import NotDrafted, draft

    try:
        console.print(str(draft(rules_folder(), year, former)), markup=False)
    except NotDrafted as refused:
        errors.print(str(refused), markup=False)
        raise typer.Exit(1) from refused


@mail.command("bounces")
def read_bounces(
    maildir: Annotated[Path | None, typer.Option(help="Maildir that bounces are delivered to.")] = None,
    mbox: Annotated[Path | None, typer.Option(help="Mbox file with bounces.")] = None,
    imap: Annotated[bool, typer.Option(help="The mailbox of CAREWARD_IMAP_HOST.")] = False,  # noqa: FBT002
) -> None:
    """Read what mail servers sent back and mark those letters as bounced; may run as often as you like."""
    _django()
    from careward.ops.bounces import run

    raise typer.Exit(run(maildir=maildir, mbox=mbox, imap=imap))


@demo.command()
def prepare() -> None:
    """Fill an empty database with the demo season; leave a filled one alone."""
    _only_in_demo()
    from careward.ops.demo.season import prepare as fill

    fill()


@demo.command()
def reset() -> None:
    """Throw the demo season away and start it again. Stop ``careward up`` first."""
    _only_in_demo()
    _as_owner("demo", "empty")
    _run("demo", "prepare")


@demo.command(hidden=True)
def empty() -> None:
    """Empty every table and folder of the demo; run by ``reset`` as the owner role."""
    _only_in_demo()
    from careward.ops.demo.season import empty as throw_away

    throw_away()
