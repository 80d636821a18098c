"""`citycard sip2`: the proxy between a library's terminals and the library's own system."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from citycard.config import environment, guarding, instance, limits
from citycard.config.command.options import City
from citycard.config.command.saying import stop

if TYPE_CHECKING:
    from citycard.portals.sip2.server import Proxy


def sip2(
    city: City = None,
    upstream: Annotated[
        str | None,
        typer.Option(
            envvar="CITYCARD_LIBRARY_SIP2",
            metavar="HOST:PORT",
            help="Where the library's own system speaks SIP2.",
        ),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            envvar="CITYCARD_SIP2_LISTEN",
            metavar="HOST:PORT",
            help="Where terminals come in; 127.0.0.1:6001 unless said.",
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            envvar="CITYCARD_SIP2_KEY",
            help="The file with code and key of the enrolled proxy; sip2.json beside the keys.",
        ),
    ] = None,
    answer_within: Annotated[
        float, typer.Option(min=0.5, max=60, help="Seconds that the library may take to answer.")
    ] = 8.0,
) -> None:
    """Stand before a library's SIP2 server until SIGTERM: terminals may read city cards.

    One proxy for each library; several may run on one machine, each with a key of its own.
    """
    instance.choose(city)
    limits.say_process("sip2")
    os.environ["CITYCARD_DB_POOL"] = "0"  # each of its few threads keeps a connection
    instance.set_up_django()
    from django.conf import settings

    from citycard.portals.sip2.server import Address, serve

    try:
        guarding.refuse_if_unsafe(settings)
        front = Address.read(listen or environment.text("CITYCARD_SIP2_LISTEN"))
        proxy = _proxy(upstream, key or settings.CITYCARD_PLACE.keys / "sip2.json", answer_within)
        asyncio.run(serve(proxy, front))
    except (guarding.UnsafeInstance, ValueError) as why:
        stop(why)
    except OSError as why:
        stop(f"{listen} can't be listened on: {why.strerror}")


def _proxy(upstream: str | None, key: Path, answer_within_s: float) -> "Proxy":
    from citycard.portals.sip2.library import Library
    from citycard.portals.sip2.patrons import NoSuchProxy, Patrons, read_key
    from citycard.portals.sip2.server import Address, Proxy

    behind = Address.read(upstream or environment.text("CITYCARD_LIBRARY_SIP2"))
    try:
        patrons = Patrons(*read_key(key))
        patrons.start()
    except NoSuchProxy as why:
        stop(why)
    return Proxy(
        library=Library(behind.host, behind.port), patrons=patrons, answer_within_s=answer_within_s
    )
