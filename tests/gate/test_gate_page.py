"""A vendor writes a reader from the gate's page: it leaves nothing out that the code says."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from citycard.cards import api as cards
from citycard.infra.packs.directories import packaged_packs
from citycard.portals import gate
from citycard.portals.gate import bodies
from citycard.taps import api as taps
from citycard.taps.numbers import NUMBER_KINDS
from citycard_reader import offline

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "gate.md"
TEXT = PAGE.read_text(encoding="utf-8")


def cells(heading: str) -> set[str]:
    """Return the words in the first column of the table whose first heading is this."""
    [table] = re.findall(rf"^\| {re.escape(heading)} \|.*\n\|---.*\n((?:\|.*\n)+)", TEXT, re.M)
    first = " ".join(row.split("|")[1] for row in table.splitlines())
    return set(re.findall(r"\w+", first))


def said_first(path: Path, call: str) -> Iterator[object]:
    """Yield the constants that stand first in a file's calls of something."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == call:
            of_first = ast.walk(node.args[0]) if node.args else ()
            yield from (one.value for one in of_first if isinstance(one, ast.Constant))


def test_every_code_that_a_tap_is_answered_stands_on_the_page() -> None:
    assert cells("code") == {code.word for code in taps.Code}


def test_every_limit_stands_on_the_page() -> None:
    schema = packaged_packs() / "_schema" / "offline.json"
    limits = json.loads(schema.read_text(encoding="utf-8"))["$defs"]["limits"]["properties"]
    assert cells("key of `limits`") == set(limits)


def test_every_status_of_a_refusal_stands_on_the_page() -> None:
    files = sorted(Path(gate.__file__).parent.glob("*.py"))
    told = {status for path in files for status in said_first(path, "GateProblem")}
    assert {400, 401, 403, 404, 405, 408, 410, 413, 415, 422, 429, 500, 503} <= told
    assert cells("status") == {str(status) for status in told}


def test_every_answer_that_a_reader_may_give_alone_stands_on_the_page() -> None:
    [row] = re.findall(r"^\| `code` \| what the card's holder.*", TEXT, re.M)
    given = set(said_first(Path(offline.__file__), "Decision"))
    assert set(re.findall(r"`(\w+)`", row)) == {"code", offline.ACCEPTED, *given}


def test_every_field_and_form_stands_on_the_page() -> None:
    assert cells("field of `ride`") == set(taps.RidePart._fields)
    assert cells("field of `sale`") == set(taps.SalePart._fields)
    assert cells("field of `answered`") == set(taps.AnsweredPart._fields)
    words = {*NUMBER_KINDS, *get_args(cards.NumberStatus)}
    words |= {name.decode() for name in bodies._UNPACK} - {"identity", "x-gzip"}
    assert not {word for word in words if f"`{word}`" not in TEXT}
