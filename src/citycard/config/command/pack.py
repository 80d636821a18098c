"""`citycard pack check`: is a city pack right?"""

from typing import Annotated

import typer

from citycard.config.checking_packs import check_packs
from citycard.config.command.options import AsJson
from citycard.config.command.saying import FOUND_SOMETHING, console, out, print_json

app = typer.Typer(help="City packs: the data that makes one city differ from another.")


@app.callback()
def packs() -> None:
    """City packs: the data that makes one city differ from another."""


@app.command()
def check(
    codes: Annotated[
        list[str] | None, typer.Argument(help="The packs; all without any.", metavar="CODE…")
    ] = None,
    city: Annotated[
        str | None, typer.Option("--city", "-c", help="The same, as an option.", metavar="CODE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Validate city packs: shapes, references, rules, scenarios. Needs no database.

    Exits with 1 and names file, line and the nearest known word for each mistake.
    """
    report = check_packs([*(codes or []), *([city] if city else [])])
    if as_json:
        print_json(report)
    else:
        for mistake in report["mistakes"]:
            out.print(f"✗ {mistake['sentence']}", markup=False, soft_wrap=True)
        for pack in report["checked"]:
            console.print(
                f"{pack['name']} ({pack['city']}): {pack['entitlements']} entitlements, "
                f"{pack['scenarios']} scenarios, content {pack['hash'][:12]}"
            )
    if report["mistakes"]:
        console.print(f"[red]✗[/red] {len(report['mistakes'])} mistakes.")
        raise typer.Exit(FOUND_SOMETHING)
    console.print("[green]✓[/green] Nothing is wrong.")
