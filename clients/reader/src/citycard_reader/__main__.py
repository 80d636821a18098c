"""The reader as a command: one tap, an upload of what waits, a poll for what it carries, or mending
what was not taken."""

import argparse
import sys
from pathlib import Path

from citycard_reader import (
    Journal,
    Key,
    Misread,
    NotToMend,
    NotTrusted,
    Offline,
    Reader,
    Refused,
    Unreachable,
)
from citycard_reader.mending import add_command, mend


def main() -> int:
    """Run the command; exit code 0: answered, 1: it waits in the journal, 2: refused."""
    asked = argparse.ArgumentParser(prog="citycard-reader", description=__doc__)
    asked.add_argument("--gate", required=True, help="address of the city's gate")
    asked.add_argument("--code", required=True, help="the reader's code")
    asked.add_argument("--key-file", required=True, type=Path, help="file with the reader's key")
    asked.add_argument("--journal", required=True, type=Path, help="the reader's journal")
    asked.add_argument("--epoch", type=int, default=1, help="rises with each new key")
    asked.add_argument("--snapshot", type=Path, help="what it carries to answer alone")
    asked.add_argument("--service", default="", help="what it serves; with --snapshot")
    asked.add_argument("--city-key", default="", help="the city's key, name:hex; with --snapshot")
    commands = asked.add_subparsers(dest="command", required=True)
    tap = commands.add_parser("tap", help="take a card and send the tap")
    tap.add_argument("number", help="the card's number")
    commands.add_parser("upload", help="send what waits")
    commands.add_parser("poll", help="ask for what it carries, and prove it")
    add_command(commands)
    chosen = asked.parse_args()
    offline = _offline(asked, chosen)
    if chosen.command == "poll" and offline is None:
        asked.error("poll needs --snapshot, --service and --city-key")
    if not chosen.key_file.is_file():
        asked.error(f"there is no key file {chosen.key_file}")
    journal = Journal(chosen.journal)
    reader = Reader(
        gate=chosen.gate,
        code=chosen.code,
        key=chosen.key_file.read_text().strip(),
        journal=journal,
        epoch=chosen.epoch,
        offline=offline,
    )
    try:
        return _run(reader, journal, chosen, offline)
    except Unreachable as away:
        sys.stderr.write(f"waits: {away}\n")
        return 1
    except (Refused, Misread, NotToMend) as refused:
        sys.stderr.write(f"refused: {refused}\n")
        return 2
    except NotTrusted as forged:
        sys.stderr.write(f"not trusted, what was held stays: {forged}\n")
        return 2
    finally:
        if offline is not None and offline.stopped:
            sys.stderr.write(f"accepts nothing alone: {offline.stopped}\n")


def _offline(asked: argparse.ArgumentParser, chosen: argparse.Namespace) -> Offline | None:
    if chosen.snapshot is None:
        return None
    kid, _, public = chosen.city_key.partition(":")
    try:
        key = Key(kid, bytes.fromhex(public))
    except ValueError:
        key = Key("", b"")
    if not (chosen.service and key.kid and len(key.public) == 32):
        asked.error("--snapshot needs --service and --city-key, as the key file of the city has it")
    return Offline(chosen.snapshot, service=chosen.service, key=key)


def _run(
    reader: Reader, journal: Journal, chosen: argparse.Namespace, offline: Offline | None
) -> int:
    if chosen.command == "mend":
        sys.stdout.write(mend(journal, chosen))
        return 0
    if chosen.command == "upload":
        sys.stdout.write(f"{reader.upload()} taps answered\n")
        if odd := len(journal.to_mend()):
            sys.stdout.write(f"{odd} in the journal are to be mended: mend lists them\n")
        return 0
    if offline is not None and chosen.command == "poll":
        news = "new" if reader.poll() else "nothing new"
        sys.stdout.write(f"{news}: version {offline.version}, proven\n")
        return 0
    answer = reader.tap(chosen.number)
    if answer is None:
        raise Unreachable("the city cannot be reached", 1.0)
    number = f", member number {answer.agency_number}" if answer.agency_number else ""
    alone = f", alone by version {answer.offline.snapshot}" if answer.offline else ""
    taken_for = f", as {answer.profile}" if answer.profile else ""
    sys.stdout.write(f"{answer.code}, {answer.points} points{taken_for}{number}{alone}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
