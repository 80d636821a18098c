"""The command line's table of contents."""

import sys
from typing import Annotated

import typer

from citycard import __version__
from citycard.config.command import (
    attack,
    backup,
    bench,
    demo,
    doctor,
    drill,
    explain,
    history,
    leak,
    migrate,
    pack,
    policy,
    replay,
    restore,
    rotate_reader_key,
    sip2,
    staff,
    stream,
    up,
    verify,
    worker,
)

app = typer.Typer(
    name="citycard",
    help="One card and one login for every service of a city.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.add_typer(pack.app, name="pack")
app.add_typer(staff.app, name="staff")
app.command("explain")(explain.explain)
app.command("leak")(leak.leak)
app.command("policy")(policy.policy)
app.command("verify")(verify.verify)
app.command("attack")(attack.attack)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("drill")(drill.drill)
app.command("rotate-reader-key")(rotate_reader_key.rotate_reader_key)
app.command("history")(history.history)
app.command("replay")(replay.replay)
app.command("bench")(bench.bench)
app.command("migrate")(migrate.migrate)
app.command("worker")(worker.worker)
app.command("stream")(stream.stream)
app.command("sip2")(sip2.sip2)


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    """One card and one login for every service of a city."""
    if version:
        sys.stdout.write(f"citycard {__version__}\n")
        raise typer.Exit


def main() -> None:
    """Run the command."""
    app()
