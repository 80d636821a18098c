"""Demo cities only: ready personas that anybody may be."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from citycard.identity.accounts import Account, account
from citycard.identity.events import SignedIn
from citycard.infra.database import execute, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.errors import Refused


class PersonasAreOff(Refused):
    """Personas are for demo cities only."""

    code = "identity.personas_are_off"


class NoSuchPersona(Refused):
    """There is no persona “{persona}” in this city."""

    code = "identity.no_such_persona"


@dataclass(frozen=True, kw_only=True)
class Persona:
    """Somebody that the log-in page of a demo city lets you be.

    :ivar kind: ``resident`` or ``staff``
    """

    code: str
    name: Text
    kind: str
    roles: tuple[str, ...]
    account_id: int


def personas_offered() -> bool:
    """Tell whether this instance offers personas: a demo that has not turned them off."""
    return bool(settings.CITYCARD_DEMO and settings.CITYCARD_PERSONAS)


def register_persona(*, code: str, account_id: int) -> None:
    """Let everybody be an account's holder; for whoever builds a demo city.

    :raises PersonasAreOff: this is no demo
    """
    require_unit_of_work()
    if not personas_offered():
        raise PersonasAreOff()
    execute(
        "INSERT INTO identity_persona (code, account_id) VALUES (%s, %s)"
        " ON CONFLICT (code) DO UPDATE SET account_id = excluded.account_id",
        [code, account_id],
    )


def personas() -> list[Persona]:
    """Return the personas of this demo city in the pack's order; none where it is no demo."""
    if not personas_offered():
        return []
    known = {
        one.code: one.account_id for one in rows("SELECT code, account_id FROM identity_persona")
    }
    table = current_pack().table("personas")["personas"]
    return [
        Persona(
            code=code,
            name=Text.read(one["name"]),
            kind=one["kind"],
            roles=tuple(one.get("staff", {}).get("roles", ("resident",))),
            account_id=known[code],
        )
        for code, one in table.items()
        if code in known
    ]


def sign_in_persona(*, code: str, now: dt.datetime) -> Account:
    """Sign in as a persona.

    :raises PersonasAreOff: this is no demo
    :raises NoSuchPersona: this city has none of this name
    """
    require_unit_of_work()
    if not personas_offered():
        raise PersonasAreOff()
    account_id = scalar("SELECT account_id FROM identity_persona WHERE code = %s", [code])
    if account_id is None:
        raise NoSuchPersona(persona=code)
    announce(SignedIn(account_id=account_id, way="persona"))
    return account(account_id=account_id)
