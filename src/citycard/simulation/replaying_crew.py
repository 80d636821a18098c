"""The programs of a replay at work: started together, heard, and ended with whoever started
them."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from citycard.infra import leash

_LAST_WORDS = 3_000


class ProgramFailed(RuntimeError):
    """A program of the replay ended before its work did; the message holds its last words."""


class Said(NamedTuple):
    """What a program told."""

    program: int
    what: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Crew:
    """Programs at work; ``hear`` what they tell, ``say`` something to one of them."""

    programs: "Sequence[subprocess.Popen[str]]"
    heard: "queue.Queue[Said]"

    def say(self, program: int, **what: Any) -> None:
        """Tell a program something; one that has ended doesn't hear it."""
        try:
            pipe = self.programs[program].stdin
            assert pipe is not None, "programs are started with a pipe"
            pipe.write(json.dumps(what) + "\n")
            pipe.flush()
        except BrokenPipeError:
            return

    def hear(self) -> Iterator[Said]:
        """Yield what programs tell until all have ended.

        :raises ProgramFailed: one ended before its work did
        """
        left = set(range(len(self.programs)))
        while left:
            said = self.heard.get()
            if "failed" in said.what:
                raise ProgramFailed(said.what["failed"])
            yield said
            if said.what.get("ended"):
                left.discard(said.program)


@contextmanager
def crew(orders: Sequence[Mapping[str, Any]]) -> Iterator[Crew]:
    """Start a program for each of the orders; whatever happens, all are gone at the end."""
    heard: queue.Queue[Said] = queue.Queue()
    programs = [_start(one) for one in orders]
    try:
        for n, program in enumerate(programs):
            threading.Thread(target=_listen, args=(n, program, heard), daemon=True).start()
        yield Crew(programs=programs, heard=heard)
    finally:
        for program in programs:
            program.terminate()
        for program in programs:
            _gone(program)


def _start(orders: Mapping[str, Any]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "citycard.simulation.replaying_program"]
    program = subprocess.Popen(
        leash.on(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"CITYCARD_DB_POOL": "0", "PGAPPNAME": f"replay {orders['work']}"},
    )
    assert program.stdin is not None, "started with a pipe"
    program.stdin.write(json.dumps(dict(orders)) + "\n")
    program.stdin.flush()
    return program


def _listen(n: int, program: "subprocess.Popen[str]", heard: "queue.Queue[Said]") -> None:
    assert program.stdout is not None, "started with a pipe"
    assert program.stderr is not None, "started with a pipe"
    words: list[str] = []
    errors = threading.Thread(target=_read, args=(program.stderr, words), daemon=True)
    errors.start()
    ended = False
    for line in program.stdout:
        what = json.loads(line)
        ended = ended or bool(what.get("ended"))
        heard.put(Said(n, what))
    errors.join()
    if not ended:
        heard.put(Said(n, {"failed": "".join(words)[-_LAST_WORDS:] or "a program was killed"}))


def _read(pipe: Any, words: list[str]) -> None:
    for line in pipe:
        words.append(line)
        del words[:-200]


def _gone(program: "subprocess.Popen[str]") -> None:
    try:
        program.wait(timeout=15)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
