"""What the agent is told by its environment."""

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The kiosk's code and key; the key is never shown or logged."""

    code: str
    key: str

    def __repr__(self) -> str:
        return f"Credentials(code={self.code!r})"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where things are, and how long they take."""

    server: str
    port: int
    state: Path
    credentials_file: Path
    tray_file: Path
    write_seconds: float
    recover_seconds: float

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the variables that README.md lists."""
        told = os.environ.get
        state = Path(told("CITYCARD_KIOSK_STATE", "kiosk-state"))
        return cls(
            server=told("CITYCARD_KIOSK_SERVER", "http://127.0.0.1:8700").rstrip("/"),
            port=int(told("CITYCARD_KIOSK_PORT", "8702")),
            state=state,
            credentials_file=Path(
                told("CITYCARD_KIOSK_CREDENTIALS", str(state / "credentials.json"))
            ),
            tray_file=Path(told("CITYCARD_KIOSK_TRAY", str(state / "tray.json"))),
            write_seconds=float(told("CITYCARD_KIOSK_WRITE_SECONDS", "2.5")),
            recover_seconds=float(told("CITYCARD_KIOSK_RECOVER_SECONDS", "2")),
        )

    def credentials(self) -> Credentials | None:
        """Return the kiosk's code and key; None until somebody has enrolled it."""
        code, key = os.environ.get("CITYCARD_KIOSK_CODE"), os.environ.get("CITYCARD_KIOSK_KEY")
        if code and key:
            return Credentials(code=code, key=key)
        try:
            told = json.loads(self.credentials_file.read_text(encoding="utf-8"))
            return Credentials(code=str(told["code"]), key=str(told["key"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
