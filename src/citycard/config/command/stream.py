"""`citycard stream`: readers' taps through a broker instead of HTTP."""

import asyncio
import importlib
import os
from typing import Annotated

import typer

from citycard.config import guarding, instance
from citycard.config.command.options import City
from citycard.config.command.saying import out, stop

ADDRESS = "CITYCARD_STREAM_URL"


def stream(
    city: City = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="List the messages that could not be taken.")
    ] = False,
) -> None:
    """Take readers' taps from NATS JetStream until SIGTERM, with the answers of the HTTP gate.

    Needs `CITYCARD_STREAM_URL` and the extra `stream`. Several may run side by side; a city whose
    readers speak HTTP needs none.
    """
    instance.choose(city)
    if not os.environ.get(ADDRESS):
        stop(f"{ADDRESS} is not set: there is no broker to take taps from.")
    try:
        importlib.import_module("nats")
    except ImportError:
        stop("The client of the broker is missing: pip install 'citycard[stream]'")
    if refused:
        _list_refused()
        return
    # The gate's own module: it sets up Django, its plans and its connections as a gate's process.
    application = importlib.import_module("citycard.config.gate").application
    from django.conf import settings

    try:
        guarding.refuse_if_unsafe(settings)
    except guarding.UnsafeInstance as unsafe:
        stop(unsafe)
    from citycard.portals.gate import streaming

    asyncio.run(streaming.stream(application))


def _list_refused() -> None:
    from citycard.portals.gate import broker

    try:
        found = asyncio.run(broker.refused())
    except Exception as why:  # noqa: BLE001 - whatever a broker that is away raises
        stop(f"The broker at {ADDRESS} did not answer: {why or type(why).__name__}")
    for one in found:
        at = one.at.isoformat(timespec="seconds")
        out.print(f"{one.sequence}  {at}  {one.reader}  {one.problem}  {one.size} bytes")
    if not found:
        out.print("Nothing was put aside.")
