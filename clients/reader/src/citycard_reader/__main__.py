"""The reader as a command: one tap, or an upload of what waits."""

import argparse
import sys
from pathlib import Path

from citycard_reader import Journal, Reader, Refused, Unreachable


def main() -> int:
    """Run the command; exit code 0: answered, 1: it waits in the journal, 2: refused."""
    asked = argparse.ArgumentParser(prog="citycard-reader", description=__doc__)
    asked.add_argument("--gate", required=True, help="address of the city's gate")
    asked.add_argument("--code", required=True, help="the reader's code")
    asked.add_argument("--key-file", required=True, type=Path, help="file with the reader's key")
    asked.add_argument("--journal", required=True, type=Path, help="the reader's journal")
    asked.add_argument("--epoch", type=int, default=1, help="rises with each new key")
    commands = asked.add_subparsers(dest="command", required=True)
    tap = commands.add_parser("tap", help="take a card and send the tap")
    tap.add_argument("number", help="the card's number")
    commands.add_parser("upload", help="send what waits")
    chosen = asked.parse_args()
    reader = Reader(
        gate=chosen.gate,
        code=chosen.code,
        key=chosen.key_file.read_text().strip(),
        journal=Journal(chosen.journal),
        epoch=chosen.epoch,
    )
    try:
        return _run(reader, chosen)
    except Unreachable as away:
        sys.stderr.write(f"waits: {away}\n")
        return 1
    except Refused as refused:
        sys.stderr.write(f"refused: {refused}\n")
        return 2


def _run(reader: Reader, chosen: argparse.Namespace) -> int:
    if chosen.command == "upload":
        sys.stdout.write(f"{reader.upload()} taps answered\n")
        return 0
    answer = reader.tap(chosen.number)
    if answer is None:
        raise Unreachable("the city cannot be reached", 1.0)
    number = f", member number {answer.agency_number}" if answer.agency_number else ""
    sys.stdout.write(f"{answer.code}, {answer.points} points{number}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
