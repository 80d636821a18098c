"""Who acts: a resident, a member of staff, a device, an agency's system, or the city itself."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["resident", "staff", "device", "agency_client", "system"]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody who acts, as the doors know them.

    :ivar id: stable and impersonal: ``account:12``, ``staff:3``, ``device:KSK-01``, ``system``
    :ivar roles: what the city lets them do: ``resident``, ``clerk``, ``reviewer`` …
    :ivar member_id: the resident they are themselves, when the login proves it
    """

    id: str
    kind: ActorKind
    roles: frozenset[str] = frozenset()
    agency: str | None = None
    counter: str | None = None
    member_id: int | None = None
    level: int = 0

    def has_any_role(self, *roles: str) -> bool:
        """Tell whether the actor holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)


SYSTEM = Actor(id="system", kind="system", roles=frozenset({"system"}))
