"""The write-ahead log's archive: each finished segment, compressed, in one directory.

The server's own account writes it (`archive_command`) and reads it back (`restore_command`). A
segment is there whole or not at all, and one that is there is never overwritten with other content.
"""

import gzip
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEGMENT_BYTES = 16 * 1024 * 1024  # initdb's, which we leave as it is
SEGMENTS_A_LOG = 0x1_0000_0000 // SEGMENT_BYTES
SWITCH_AT_LEAST_EVERY_S = 60
"""So much of a quiet city's life is not yet in the archive, at most."""

_SEGMENT = re.compile(r"[0-9A-F]{24}")
_HISTORY_LINE = re.compile(r"^\s*(\d+)\s+([0-9A-F]+/[0-9A-F]+)", re.MULTILINE)
_BROKEN = 126  # above 125: the server gives the recovery up instead of taking the log as ended


@dataclass(frozen=True, kw_only=True)
class WalArchive:
    """The archive in one directory."""

    directory: Path

    def settings(self) -> dict[str, str]:
        """Return the server's settings that keep the archive; nothing is archived without it."""
        if not self.directory.is_dir():
            # The mode can't change while the server runs; the command can.
            return {"archive_mode": "on", "archive_command": "'true'"}
        return {
            "archive_mode": "on",
            "archive_command": quoted(self._archive_command()),
            "archive_timeout": str(SWITCH_AT_LEAST_EVERY_S),
        }

    def _archive_command(self) -> str:
        directory = _for_shell(self.directory)
        return (
            f'f={directory}/%f.gz; if test -e "$f"; then gzip -dc "$f" | cmp -s - "%p"; '
            'else gzip -1c "%p" > "$f.making" && sync "$f.making" && mv "$f.making" "$f" '
            f"&& sync {directory}; fi"
        )

    def restore_command(self) -> str:
        """Return what fetches a segment: it fails on one that is missing, and loudly on a broken
        one."""
        directory = _for_shell(self.directory)
        found = f'f={directory}/%f.gz; test -e "$f" || exit 1; '
        return found + f'gzip -dc "$f" > "%p" || exit {_BROKEN}'

    def holds(self, name: str) -> bool:
        """Tell whether a segment, or a timeline's history, is there."""
        return (self.directory / f"{name}.gz").is_file()

    def segments(self) -> list[str]:
        """Return the segments' names, oldest first."""
        found = (path.name.removesuffix(".gz") for path in self.directory.glob("*.gz"))
        return sorted((it for it in found if _SEGMENT.fullmatch(it)), key=place_of_segment)

    def forks(self, timeline: int) -> dict[int, int]:
        """Return where each timeline before this one was left: {timeline: log position}."""
        path = self.directory / f"{timeline:08X}.history.gz"
        if not path.is_file():
            return {}
        text = gzip.decompress(path.read_bytes()).decode()
        return {int(number): position(at) for number, at in _HISTORY_LINE.findall(text)}

    def gaps(self, *, after: int, timeline: int) -> Iterator[str]:
        """Yield the segments that are missing between a log position and the archive's end."""
        lines = {timeline, *self.forks(timeline)}
        there = {place_of_segment(name) for name in self.segments() if int(name[:8], 16) in lines}
        first = after // SEGMENT_BYTES
        for number in range(first, max(there, default=first - 1) + 1):
            if number not in there:
                yield segment_name(timeline, number)

    def prune(self, *, before: int) -> int:
        """Remove segments that end before a log position; returns how many."""
        first_kept = before // SEGMENT_BYTES
        old = [name for name in self.segments() if place_of_segment(name) < first_kept]
        for name in old:
            (self.directory / f"{name}.gz").unlink()
        return len(old)

    def bytes(self) -> int:
        """Return how much room the archive takes."""
        return sum(path.stat().st_size for path in self.directory.glob("*.gz"))


def position(written: str) -> int:
    """Return a log position as a number, from how PostgreSQL writes it, like `0/3000028`."""
    high, low = written.split("/")
    return int(high, 16) << 32 | int(low, 16)


def place_of_segment(name: str) -> int:
    """Return a segment's place in the log, whatever its timeline."""
    return int(name[8:16], 16) * SEGMENTS_A_LOG + int(name[16:24], 16)


def segment_name(timeline: int, place: int) -> str:
    """Return the name of the segment at a place of the log."""
    return f"{timeline:08X}{place // SEGMENTS_A_LOG:08X}{place % SEGMENTS_A_LOG:08X}"


def quoted(value: str) -> str:
    """Return a value as the server's configuration wants it."""
    return "'" + value.replace("'", "''") + "'"


def _for_shell(path: Path) -> str:
    return shlex.quote(str(path)).replace("%", "%%")
