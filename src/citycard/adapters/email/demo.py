"""A demo mail relay: writes mails to a file beside the city; a page shows the newest."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from citycard.identity.ports import DemoMail, Email, EmailResult
from citycard.infra import clock

_TAIL_BYTES = 256 * 1024


class DemoMailRelay:
    """Behind ``EmailSender`` and ``DemoPost``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, emails: Sequence[Email]) -> Sequence[EmailResult]:
        """Write the mails down; each counts as sent."""
        at = clock.now().isoformat()
        lines = [
            json.dumps(
                {"at": at, "key": one.key, "to": one.to, "subject": one.subject, "body": one.body},
                ensure_ascii=False,
            )
            for one in emails
        ]
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(
            os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab"
        ) as file:
            file.write(("\n".join(lines) + "\n").encode() if lines else b"")
        return [EmailResult(key=one.key, result="sent") for one in emails]

    def check(self) -> str:
        """Say how the relay is."""
        return "demo relay, writes to a file"

    def latest(self, limit: int) -> Sequence[DemoMail]:
        """Return the newest mails first."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(max(0, self._path.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", errors="ignore").splitlines()
        mails = [_mail(line) for line in lines[-limit - 1 :]]
        return [mail for mail in reversed(mails) if mail is not None][:limit]


def _mail(line: str) -> DemoMail | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None  # the first line of the tail may be half of one
    return DemoMail(at=found["at"], to=found["to"], subject=found["subject"], body=found["body"])
