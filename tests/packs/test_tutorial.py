"""docs/tutorials/a-new-city.md: its files are taken from the page, and its commands are run."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from citycard.config.command import app
from citycard.infra.packs import find_pack, finding

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "a-new-city.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> Iterator[tuple[str, str]]:
    yield from _BLOCK.findall(PAGE.read_text("utf-8"))


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the tutorial's files, as its reader would have written them."""
    monkeypatch.setenv("CITYCARD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CITYCARD_PACKS", str(tmp_path))
    for kind, text in blocks():
        first = text.split("\n", 1)[0]
        if kind in ("yaml", "csv"):
            file = tmp_path / first.removeprefix("# ")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    return tmp_path


def test_every_command_says_what_the_page_says(city: Path) -> None:
    """A block of commands, then what each line of the answer must contain."""
    said, compared = "", 0
    for kind, text in blocks():
        if kind == "sh":
            said = "".join(run(line, city) for line in text.splitlines())
        elif kind == "text":
            for line in text.splitlines():
                assert line in said, f"{line!r} is not in\n{said}"
                compared += 1
    assert compared >= 7


def run(line: str, directory: Path) -> str:
    if line.startswith("citycard "):
        finding._find.cache_clear()  # another process would read the files anew
        finding._load.cache_clear()
        answer = CliRunner().invoke(app, shlex.split(line)[1:])
        assert answer.exit_code in (0, 1), answer.exception
        return answer.output
    subprocess.run(line, shell=True, cwd=directory, check=True)  # noqa: S602 - our own page
    return ""


def test_the_page_inherits_by_name_and_copies_nothing(city: Path) -> None:
    """What was inherited is what the other cities have, and stands in one place."""
    pack = find_pack("haiwan")
    for table in ("purposes", "messages", "papers", "calendar", "books"):
        assert {source.file.split("/")[0] for source in pack.sources[table]} == {"_common"}
        assert pack.table(table) == find_pack("taitung").table(table)
    assert not list(city.rglob("*.py"))
