"""The timeline of an application: what happened, and who in words of role and agency."""

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import get_language

from citycard.infra.database import execute
from citycard.infra.packs import Text, current_pack
from citycard.kernel.actors import Actor

_INSERT = """
INSERT INTO applications_timeline (application_id, part_id, at, code, actor_id, role, agency)
SELECT t.application_id, t.part_id, %s, t.code, %s, %s, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) WITH ORDINALITY
  AS t(application_id, part_id, code, n) ORDER BY t.n
"""


def note(entries: Sequence[tuple[int, int | None, str]], *, actor: Actor, now: dt.datetime) -> None:
    """Add entries: (application, part or None, code)."""
    if entries:
        applications, parts, codes = (list(each) for each in zip(*entries, strict=True))
        execute(
            _INSERT,
            [now, actor.id, role_of(actor), actor.agency, applications, parts, codes],
        )


def role_of(actor: Actor) -> str:
    """Return the role under which an actor acts here."""
    if actor.kind in ("resident", "system"):
        return actor.kind
    order = ("reviewer", "clerk", "officer")
    return next((role for role in order if role in actor.roles), min(actor.roles, default=""))


def in_words(*, role: str, agency: str | None) -> str:
    """Return who acted, in the reader's language: agency and role, never a name."""
    language = get_language() or "zh-hant"
    pack = current_pack()
    roles, agencies = pack.table("purposes")["roles"], pack.table("agencies")["agencies"]
    known = Text.read(roles[role]["name"]).in_(language) if role in roles else role
    if agency not in agencies:
        return known
    name = Text.read(agencies[agency]["name"]).in_(language)
    return f"{name} {known}"


def agency_name(*, agency: str) -> str:
    """Return what an agency is called, in the reader's language."""
    agencies = current_pack().table("agencies")["agencies"]
    if agency not in agencies:
        return agency
    return Text.read(agencies[agency]["name"]).in_(get_language() or "zh-hant")
