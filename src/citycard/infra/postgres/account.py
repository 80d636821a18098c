"""Who the server runs as: PostgreSQL refuses root, so root lends it an existing account."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycard.infra.postgres.errors import PostgresProblem


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user and group the server runs as; `None` in both means: as ourselves."""

    uid: int | None
    gid: int | None

    def for_subprocess(self) -> dict[str, Any]:
        """Return the arguments of `subprocess.run` that make a child run as this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hand a path that we made over to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """Return ourselves, or, for root, the account named by CITYCARD_POSTGRES_USER (nobody).

    :raises PostgresProblem: there is no such account.
    """
    if os.geteuid() != 0:
        return Account(uid=None, gid=None)
    name = os.environ.get("CITYCARD_POSTGRES_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise PostgresProblem(
            f"PostgreSQL can't run as root and there is no user {name!r} to run it as; "
            "name an existing one in CITYCARD_POSTGRES_USER."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)
