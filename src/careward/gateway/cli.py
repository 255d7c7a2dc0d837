"""``careward gateway``: the host keys, shown and changed."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="The SFTP gateway.")
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def fingerprints() -> None:
    """Print the SHA-256 fingerprints of the SFTP host keys."""
    import django
    from django.conf import settings

    django.setup()
    from careward.gateway.keys import host_keys

    host_keys(Path(settings.HOME))
    _show()


@app.command("rotate-keys")
def rotate_keys(
    step: Annotated[
        str, typer.Argument(help="prepare: make the next keys and announce them; switch: use them.")
    ],
) -> None:
    """Change the host keys with overlap: prepare, restart the gateways, wait some weeks, switch, restart."""
    import django
    from django.conf import settings

    django.setup()
    from careward.gateway import keys

    steps = {"prepare": keys.prepare_rotation, "switch": keys.switch_rotation}
    if step not in steps:
        errors.print(f"{step!r} is no step; expected prepare or switch")
        raise typer.Exit(2)
    try:
        steps[step](Path(settings.HOME))
    except keys.NothingPrepared as fault:
        errors.print("there are no next keys: run `careward gateway rotate-keys prepare` first")
        raise typer.Exit(1) from fault
    _show()


def _show() -> None:
    """Print the fingerprints in use, then those that were announced."""
    from careward.provisioning.hostkeys import coming_fingerprints
    from careward.provisioning.hostkeys import fingerprints as published

    for line in published():
        console.print(line)
    for line in coming_fingerprints():
        console.print(f"next {line}")
