"""`citycard staff`: who serves the city, from its first operator on."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from citycard.config import instance, migrating
from citycard.config.command.options import City
from citycard.config.command.saying import console, out, stop
from citycard.infra.postgres.errors import PostgresProblem
from citycard.kernel.errors import Refused

if TYPE_CHECKING:
    from citycard.identity.api import StaffSecrets

app = typer.Typer(help="Staff: the first operator, and an operator who can't sign in any more.")

Username = Annotated[str, typer.Argument(help="What they sign in as.", metavar="USERNAME")]


@app.callback()
def staff() -> None:
    """Staff: the first operator, and an operator who can't sign in any more."""


@app.command()
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="What they are called.")],
    agency: Annotated[str, typer.Option(help="The agency that they work for.", metavar="CODE")],
    role: Annotated[list[str], typer.Option(help="What they may do; again for each.")],
    counter: Annotated[
        str | None, typer.Option(help="The counter that they sit at.", metavar="CODE")
    ] = None,
    city: City = None,
) -> None:
    """Add somebody to the staff and print what they sign in by, this once.

    A new city has nobody: add its first operator here, and everybody else at the operators' pages.
    """

    def made() -> "StaffSecrets":
        from citycard.agencies import api as agencies
        from citycard.flows import staffing
        from citycard.infra import clock
        from citycard.kernel.actors import SYSTEM

        if not agencies.agencies():
            stop("The city's pack isn't active yet: run citycard up once.")
        return staffing.add(
            username=username,
            display_name=name,
            agency=agency,
            counter=counter,
            roles=role,
            actor=SYSTEM,
            now=clock.now(),
        )

    _tell(username, _done(city, made))


@app.command()
def renew(username: Username, city: City = None) -> None:
    """Give somebody a new password and a new secret, and print them, this once.

    What they had before ends, and so does every session of theirs.
    """

    def made() -> "StaffSecrets":
        from citycard.agencies import api as agencies
        from citycard.flows import staffing
        from citycard.infra import clock
        from citycard.kernel.actors import SYSTEM

        who = agencies.staff_by_username(username=username)
        if who is None:
            stop(f"Nobody signs in as {username}.")
        return staffing.renew(staff_id=who.staff_id, actor=SYSTEM, now=clock.now())

    _tell(username, _done(city, made))


def _done(city: str | None, act: Callable[[], "StaffSecrets"]) -> "StaffSecrets":
    try:
        with instance.running(city) as here:
            if not migrating.is_current(here.app_url()):
                stop("The database's schema isn't this version's: citycard migrate.")
            instance.set_up_django()
            return act()
    except (PostgresProblem, Refused) as why:
        stop(why)


def _tell(username: str, made: "StaffSecrets") -> None:
    for what, value in (
        ("User name", username),
        ("Password", made.password),
        ("Secret", made.totp_secret),
        ("Address", made.totp_address),
    ):
        out.print(f"{what:<12}{value}", markup=False, soft_wrap=True)
    console.print(
        "Shown this once. The authenticator app takes the secret, or the address as a QR code; "
        "they sign in at /staff/sign-in/ by user name, password and the app's six digits."
    )
