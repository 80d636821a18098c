"""The resident's page: who opened my data, when, why, and which fields."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.kernel.access import Access


@dataclass(frozen=True, kw_only=True)
class AccessEntry:
    """One look at a member's data, in the reader's language.

    :ivar entry_id: with ``at``, where the next page begins
    :ivar who: role and agency, like 櫃台人員，松山區公所; never a member of staff's name
    :ivar reference: actor and sequence; what the member quotes when they ask about this entry
    :ivar population: which people were read together, in words; empty when it was this member
    """

    entry_id: int
    at: dt.datetime
    who: str
    purpose: str
    purpose_text: str
    fields: tuple[str, ...]
    population: str
    reference: str


_LOG = """
SELECT id, actor_id, actor_seq, actor_kind, roles, agency, purpose, fields, population, opened_at
FROM (
    SELECT * FROM people_access_record WHERE subjects @> ARRAY[%(member)s::bigint]
    UNION ALL
    SELECT r.* FROM people_access_record r
    WHERE r.population <> ''
      AND (r.covered @> %(member)s::bigint
           OR r.covered IS NULL
              AND r.opened_at >= (SELECT created_at FROM people_member WHERE id = %(member)s))
) mine
WHERE %(before)s::timestamptz IS NULL OR (opened_at, id) < (%(before)s, %(before_id)s)
ORDER BY opened_at DESC, id DESC LIMIT %(limit)s
"""


def access_log(
    *,
    access: Access,
    member_id: int,
    limit: int = 50,
    before: tuple[dt.datetime, int] | None = None,
) -> list[AccessEntry]:
    """Return who opened a member's data, newest first. Needs the field ``access_log``.

    Source: Personal Data Protection Act, articles 3 and 10.

    :param before: instant and id of the last entry that was shown, for the next page
    """
    access.require("access_log", members=[member_id])
    at, entry_id = before or (None, 0)
    found = rows(_LOG, {"member": member_id, "before": at, "before_id": entry_id, "limit": limit})
    words = _Words(get_language() or "zh-Hant")
    return [_entry(one, words) for one in found]


class _Words:
    """The pack's texts for roles, agencies, purposes and fields, in one language."""

    def __init__(self, language: str) -> None:
        self._key = "en" if language.lower().startswith("en") else "zh-Hant"
        pack = current_pack()
        self._purposes = pack.table("purposes")
        self._agencies = pack.table("agencies")["agencies"]

    def who(self, one: Any) -> str:
        """Name who looked; a role of the doors' own, such as ``agency_client``, has no name."""
        purpose = self._purposes["purposes"].get(one.purpose, {})
        roles = [self.of("roles", role) for role in one.roles if role in self._purposes["roles"]]
        if purpose.get("guardian_only"):
            roles = [_("people.guardian")]
        return " · ".join([*roles, *([self.agency(one.agency)] if one.agency else [])])

    def of(self, table: str, code: str) -> str:
        return self._text(self._purposes[table].get(code, {}), code)

    def field(self, code: str) -> str:
        return str(self._purposes["fields"].get(code, {}).get(self._key, code))

    def agency(self, code: str) -> str:
        return self._text(self._agencies.get(code, {}), code)

    def _text(self, row: Any, code: str) -> str:
        return str(row.get("name", {}).get(self._key, code))


def _entry(one: Any, words: _Words) -> AccessEntry:
    return AccessEntry(
        entry_id=one.id,
        at=one.opened_at,
        who=words.who(one),
        purpose=one.purpose,
        purpose_text=words.of("purposes", one.purpose),
        fields=tuple(words.field(field) for field in one.fields),
        population=one.population,
        reference=f"{one.actor_id}/{one.actor_seq}",
    )
