"""Which readers there are: a table that a thread keeps fresh, and the check of a reader's key."""

import hmac
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import structlog

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.crypto import hash_token
from citycard.infra.database import give_back_connection
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.saying import Headers, Said, firmware_of

log = structlog.get_logger(__name__)

REFRESH_S = 0.5
"""How often the table is read: a revoked reader is refused after one round."""

STALE_S = 2.0
"""An older table decides no conversion; taps are judged in the database in any case."""

UNSURE_S = 10.0
"""A reader that a table older than this doesn't know may be known to the city all the same."""

SEEN_S = 15.0
"""How often it is noted which readers were heard, and what they said of themselves."""

MOST_PROVEN = 20_000
"""Headers that were proven against the table of this round: the same one is not hashed again."""

_NOBODY = bytes(32)


class Reader(NamedTuple):
    """A reader as the gate knows it."""

    device_id: int
    code: str
    agency: str
    service: str
    issuer: str
    number_kind: str
    active: bool
    key_hash: bytes
    profile: str = ""
    too_old: bool = False
    epoch: int = 2**31 - 1

    def actor(self) -> Actor:
        """Return the reader as somebody who acts, for access records."""
        return Actor(
            id=f"device:{self.code}",
            kind="device",
            roles=frozenset({"device"}),
            agency=self.agency,
        )


class Table(NamedTuple):
    """The readers as they were read once, and the headers that were proven against them: what was
    proven against one table proves nothing against the next."""

    readers: dict[str, Reader]
    proven: dict[bytes, Reader]


class ReaderTable:
    """The readers by code. Reading it takes no lock: a refresh puts a new table in its place."""

    def __init__(self, load: Callable[[], Iterable[Reader]] | None = None) -> None:
        self._load = load or _from_agencies
        self._mark = _mark_of_agencies if load is None else _no_mark
        self._marked: Any = None
        self._table = Table({}, {})
        self._seen: set[int] = set()
        self._said: dict[int, Said] = {}
        self._refused: Counter[tuple[int, str]] = Counter()
        self._read_at = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Read the table once, and go on reading it in a thread of its own."""
        self._refresh()
        self._thread = threading.Thread(target=self._keep, name="gate-readers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    @property
    def age_s(self) -> float:
        """How long ago the table was read."""
        return time.monotonic() - self._read_at

    def __len__(self) -> int:
        return len(self._table.readers)

    def authenticate(self, header: bytes, headers: Headers = ()) -> Reader:
        """Return the reader that an ``Authorization: Reader <code>:<key>`` header proves.

        :param headers: all of the request's, in which a reader may name its firmware
        :raises GateProblem: the header is missing or wrong (401), the reader was revoked or its
            firmware may not serve (403), or it is unknown to a table that was not read of late
            (503)
        """
        table = self._table
        proven = table.proven.get(header)
        if proven is not None:
            self._seen.add(proven.device_id)
            return proven
        reader = self._prove(table, header, headers)
        if not reader.too_old and len(table.proven) < MOST_PROVEN:
            table.proven[header] = reader
        self._seen.add(reader.device_id)
        return reader

    def _prove(self, table: Table, header: bytes, headers: Headers) -> Reader:
        scheme, _, given = header.partition(b" ")
        code, _, key = given.strip().partition(b":")
        reader = table.readers.get(code.decode("latin-1"))
        known = reader.key_hash if reader is not None else _NOBODY
        proven = hmac.compare_digest(hash_token(key.decode("latin-1")), known)
        if reader is None or not proven or scheme.lower() != b"reader":
            if scheme.lower() == b"reader" and self.age_s > UNSURE_S:
                # It may have been enrolled, or got its key, since.
                detail = "The city cannot be reached; send again soon."
                raise GateProblem(503, "database_away", detail, retry_s=2)
            raise GateProblem(
                401,
                "unknown_reader",
                "Send the header “Authorization: Reader <code>:<key>” with the reader's own key.",
            )
        if not reader.active:
            raise GateProblem(
                403, "reader_revoked", "This reader was taken out of service. Ask its agency."
            )
        if reader.too_old:
            _check_firmware(reader, firmware_of(headers))
        return reader

    def heard(self, reader: Reader, headers: Headers, last: Any = None) -> None:
        """Keep what a reader says of itself with an upload until it is noted.

        :param last: the upload's last tap, which speaks for the reader's clock
        """
        said = self._said.get(reader.device_id)
        if said is None:
            said = self._said[reader.device_id] = Said()
        said.add(headers, time.time(), last)

    def refused(self, headers: Headers, problem: GateProblem) -> None:
        """Count a refusal for the reader that the request names, whoever may have sent it."""
        header = next((value for name, value in headers if name == b"authorization"), b"")
        code = header.partition(b" ")[2].strip().partition(b":")[0].decode("latin-1")
        reader = self._table.readers.get(code)
        if reader is not None:
            self._refused[reader.device_id, problem.code] += 1

    def tap_not_taken(self, reader: Reader, code: str) -> None:
        """Count a tap of a reader that was answered and not taken, by why."""
        self._refused[reader.device_id, code] += 1

    def _keep(self) -> None:
        noted_at = time.monotonic()
        while not self._stop.wait(REFRESH_S):
            self._refresh()
            if time.monotonic() - noted_at > SEEN_S:
                noted_at = time.monotonic()
                self._note_seen()
        self._note_seen()
        give_back_connection()

    def _refresh(self) -> None:
        try:
            mark = self._mark()
            if mark is None or mark != self._marked:
                self._table = Table({reader.code: reader for reader in self._load()}, {})
                self._marked = mark
            self._read_at = time.monotonic()
        except Exception:  # the database may be away: the next round tries again
            log.warning("gate.readers_not_read", exc_info=True)
            give_back_connection()

    def _note_seen(self) -> None:
        seen, self._seen = self._seen, set()
        said, self._said = self._said, {}
        refused, self._refused = self._refused, Counter()
        heard = {one: agencies.Heard(device_id=one) for one in seen}
        heard |= {one: it.heard(one) for one, it in said.items()}
        if not heard and not refused:
            return
        counts = [
            agencies.UploadsRefused(device_id=one, problem=problem, times=times)
            for (one, problem), times in refused.items()
        ]
        try:
            with unit_of_work():
                now = clock.now()
                agencies.note_heard(heard=[heard[one] for one in sorted(heard)], now=now)
                agencies.note_refused_uploads(refused=counts, now=now)
        except Exception:
            log.warning("gate.seen_not_noted", exc_info=True)
            give_back_connection()


def _check_firmware(reader: Reader, firmware: str) -> None:
    """Refuse a reader whose firmware may not serve, unless it was written anew since.

    :raises GateProblem: it has not been (403)
    """
    profile = agencies.reader_profile(code=reader.profile)
    if not firmware or profile.state_of(firmware) == "too_old":
        detail = "This reader's firmware is too old to serve. Update it; its taps can wait in it."
        raise GateProblem(403, "firmware_too_old", detail)


def _mark_of_agencies() -> Any:
    """Return what is another one once a reader changed, or what the pack says of readers: a table
    of thousands is not read anew twice a second. Asked before reading: what changes meanwhile is
    read in the next round."""
    return agencies.devices_mark(), current_pack().hash


def _no_mark() -> Any:
    return None


def _from_agencies() -> Iterable[Reader]:
    for device in agencies.devices_for_gate():
        yield Reader(
            device.id,
            device.code,
            device.agency,
            device.service,
            device.issuer,
            device.number_kind,
            device.state == "active",
            bytes(device.key_hash),
            device.number_profile,
            device.is_too_old,
            device.epoch,
        )
