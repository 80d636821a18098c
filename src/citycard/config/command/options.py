"""Options that several subcommands share."""

from typing import Annotated

import typer

City = Annotated[
    str | None,
    typer.Option("--city", "-c", help="The city pack.", envvar="CITYCARD_CITY", metavar="CODE"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
