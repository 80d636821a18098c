"""`citycard rotate-reader-key`: a new key for what readers carry."""

import datetime as dt
from typing import Annotated

import typer

from citycard.config import instance
from citycard.config.command.options import City
from citycard.config.command.saying import out


def rotate_reader_key(
    city: City = None,
    days: Annotated[int, typer.Option(help="How long the old key still verifies.")] = 90,
) -> None:
    """Make a new key that signs readers' snapshots; readers follow by the old one's signature.

    The key file changes: back it up anew (`citycard backup --with-keys`).
    """
    instance.choose(city)
    instance.set_up_django()
    from citycard.infra import clock
    from citycard.infra.signers import rotate_signer

    made = rotate_signer(now=clock.now(), old_good_for=dt.timedelta(days=days))
    out.print(f"Readers' snapshots are signed with {made.kid} from now on.")
    out.print(f"The key before it verifies for {days} days.")
