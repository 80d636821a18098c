"""Recompute a draw: python recompute_draw.py entries.csv proof.json"""

import hashlib
import heapq
import json
import sys
from pathlib import Path


def lowest(commitment: str, seed: str, code: str, tickets: int) -> tuple[str, int]:
    """Return the lowest score of an entry's tickets, and which ticket it is."""
    said = f"{commitment}:{seed}:{code}:"
    return min(
        (hashlib.sha256(f"{said}{n}".encode()).hexdigest(), n) for n in range(1, tickets + 1)
    )


def main(entries: str, proof: str) -> str:
    """Return what a recomputation found."""
    content, told = Path(entries).read_bytes(), json.loads(Path(proof).read_bytes())
    commitment = hashlib.sha256(content).hexdigest()
    if commitment != told["entries_hash"]:
        return "WRONG: this list is not the one that the city committed to."
    lines = [line.split(",") for line in content.decode().splitlines()[1:]]
    scored = ((*lowest(commitment, told["seed"], code, int(n)), code) for code, n in lines)
    best = heapq.nsmallest(told["winners_wanted"], scored)
    winners = [(one["score"], one["ticket"], one["code"]) for one in told["winners"]]
    return "RIGHT: the same winners." if best == winners else "WRONG: these are not the winners."


if __name__ == "__main__":
    print(main(*sys.argv[1:]))  # noqa: T201 - a program for everybody's own machine
