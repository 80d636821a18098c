"""The guide for agencies' systems, and its examples run as they stand against a city that runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.postgres.place import project_root
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

GUIDE = ((project_root() or Path()) / "docs/guides/integrate-a-system.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the guide's examples in a language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def examples_answer_as_told(doors: str) -> None:
    """Run the guide's requests by curl and Python, and compare what they print."""
    with unit_of_work():
        made = agencies.connect_client(
            code="GUIDE", agency="library", sandbox=True, actor=SYSTEM, now=clock.now()
        )
    client = f"GUIDE:{made.key}"
    environment = {**os.environ, "CITY": doors, "CLIENT": client, "SERVICE": "library-loan"}

    def run(*program: str, text: str) -> str:
        done = subprocess.run(
            program, input=text, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (curl,), (told,) = blocks("bash"), blocks("json")
    said = run("bash", "-s", text=curl).replace(",", ", ").replace(":", ": ")
    assert said.split() == told.split()
    (program,) = [one for one in blocks("python") if "urllib" in one]
    (printed,) = re.findall(r"```\n(GOOD.*?)```", GUIDE, re.DOTALL)
    assert run(sys.executable, "-", text=program) == printed
