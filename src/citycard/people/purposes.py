"""Purposes × roles × fields, as the pack lays them down. What is not listed does not leave."""

from collections.abc import Collection
from dataclasses import dataclass

from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """One reason to open personal data.

    :ivar reach: ``one`` person, ``many`` at once, or a ``population``
    :ivar own_agency_only: only staff of an agency, for that agency's own cases
    :ivar guardian_only: only a resident who guards the child
    """

    code: str
    roles: frozenset[str]
    fields: frozenset[str]
    reach: str
    own_agency_only: bool
    guardian_only: bool


class PurposeNotAllowed(Refused):
    """Nobody with the role {roles} may open personal data for the purpose {purpose}."""

    code = "people.purpose_not_allowed"


class FieldNotAllowed(Refused):
    """The purpose {purpose} does not cover {fields}."""

    code = "people.field_not_allowed"


class TooManyPeople(Refused):
    """The purpose {purpose} covers {reach} at a time, not {asked}."""

    code = "people.too_many_people"


def purpose_of(code: str, actor: Actor) -> Purpose:
    """Return a purpose that the actor may open data for.

    :raises PurposeNotAllowed: the pack has no such purpose, or not for a role of this actor
    """
    found = current_pack().table("purposes")["purposes"].get(code)
    if found is None or not actor.has_any_role(*found["roles"]):
        raise PurposeNotAllowed(purpose=code, roles=", ".join(sorted(actor.roles)) or "-")
    purpose = Purpose(
        code=code,
        roles=frozenset(found["roles"]),
        fields=frozenset(found["fields"]),
        reach=found["subjects"],
        own_agency_only=bool(found.get("own_agency_only", False)),
        guardian_only=bool(found.get("guardian_only", False)),
    )
    if purpose.own_agency_only and actor.kind == "staff" and actor.agency is None:
        raise PurposeNotAllowed(purpose=code, roles=", ".join(sorted(actor.roles)))
    return purpose


def check(purpose: Purpose, fields: Collection[str], people: int | None) -> None:
    """Stop unless a purpose covers these fields of so many people (None: a population).

    :raises FieldNotAllowed: a field is not listed for the purpose
    :raises TooManyPeople: the purpose covers one person, or no population
    """
    outside = set(fields) - purpose.fields
    if outside:
        raise FieldNotAllowed(purpose=purpose.code, fields=", ".join(sorted(outside)))
    wide = "population" if people is None else "many" if people > 1 else "one"
    reaches = ("one", "many", "population")
    if reaches.index(wide) > reaches.index(purpose.reach):
        raise TooManyPeople(
            purpose=purpose.code,
            reach=purpose.reach,
            asked="a population" if people is None else people,
        )
