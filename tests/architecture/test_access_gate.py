"""One gate for personal data: it leaves only against an Access, and people alone mint one.

A face's function that answers with personal fields takes ``access`` or stands below with the reason
why not. What is for machines is called by no door.
"""

import ast
import dataclasses
import inspect
import types
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from citycard.kernel.access import Access
from tests.architecture.house import FACES, PACKAGE, python_files, relative, tree_of
from tests.architecture.test_faces import FUNCTIONS, face

# What tells who somebody is, how to reach them, or what they confided.
PERSONAL = frozenset(
    {
        "address",
        "answers",
        "birth_on",
        "display_name",
        "email",
        "id_masked",
        "id_number",
        "person_name",
        "phone",
        "photo",
        "sex",
        "to",
        "village",
    }
)

# Functions that answer with personal fields and take no access, each with its reason.
# A door may call those of OPENS_ITS_OWN and OWN; those of MACHINE only flows and jobs may.
OPENS_ITS_OWN = {
    "people.search": "opens its own access, naming everybody it shows",
    "people.questions": "opens its own access right before a register is asked",
}
OWN = {
    "identity.own_email": "the actor's own address, and nobody else's",
    "identity.demo_mails": "demo cities only: mails of invented people",
    "applications.start_draft": "its writer's own words, not handed in yet",
    "applications.save_answers": "as start_draft",
    "applications.draft": "as start_draft; to its writer, or staff of the counter it was begun at",
    "applications.drafts_of": "as draft",
    "agencies.staff": "staff at their work: public office, not a resident's life",
    "agencies.staff_by_username": "as staff",
    "agencies.staff_of": "as staff",
}
MACHINE = {
    "people.facts_of": "for rules: returns no name, and no door may call it",
    "people.days_of_change": "for rules: dates only",
    "people.answers_for_machines": "for the flow that records answers as facts",
    "people.member_ids_by_number": "for flows and imports: answers with ids",
    "people.read_feed_file": "for flows: hands back what a register's file says, read in memory",
    "people.change_of": "as read_feed_file, for a row of a register's API",
    "applications.submit": "for flows: hands back what its caller has just handed in",
    "applications.check_many": "as submit",
    "applications.import_many": "as submit",
}
EXEMPT = OPENS_ITS_OWN | OWN | MACHINE
DOORS = ("portals", "adapters", "simulation")


def name_of(function: Any) -> str:
    return f"{function.__module__.split('.')[1]}.{function.__name__}"


def personal_fields(hint: Any, seen: frozenset[Any] = frozenset()) -> set[str]:
    """Return the personal fields that a value of this type carries, however deep."""
    if hint in seen:
        return set()
    found: set[str] = set()
    if inspect.isclass(hint) and dataclasses.is_dataclass(hint):
        for name, inner in get_type_hints(hint).items():
            if name in PERSONAL:
                found.add(f"{hint.__name__}.{name}")
            found |= personal_fields(inner, seen | {hint})
    if get_origin(hint) is not None or isinstance(hint, types.UnionType):
        for inner in get_args(hint):
            found |= personal_fields(inner, seen)
    return found


READERS = [pytest.param(it.values[0], id=name_of(it.values[0])) for it in FUNCTIONS]


@pytest.mark.parametrize("function", READERS)
def test_personal_fields_leave_only_against_an_access(function: Any) -> None:
    fields = personal_fields(get_type_hints(function).get("return"))
    if not fields or name_of(function) in EXEMPT:
        return
    access = get_type_hints(function).get("access")
    assert access is not None, f"answers with {sorted(fields)}, but takes no access"
    assert Access in (access, *get_args(access)), "`access` is a kernel Access"


@pytest.mark.parametrize("function", READERS)
def test_who_takes_an_access_looks_at_it(function: Any) -> None:
    """An access that is not asked (``require``, ``covers``) or handed on guards nothing."""
    if "access" not in inspect.signature(function).parameters:
        return
    uses = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(function)))
        if isinstance(node, ast.Name) and node.id == "access"
    ]
    assert uses, "takes an access and never looks at it"


def test_every_exemption_still_stands() -> None:
    faces = {f"{context}.{name}" for context in FACES for name in face(context).__all__}
    gone = [name for name in EXEMPT if name.split(".")[0] in FACES and name not in faces]
    assert not gone, f"no such face function any more: {gone}"


def test_only_people_make_an_access() -> None:
    makers = [
        f"{relative(path)}:{node.lineno}"
        for path in python_files(PACKAGE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and _called(node) == "Access"
    ]
    assert [place.split(":")[0] for place in makers] == ["src/citycard/people/opening.py"], makers


def test_only_open_access_writes_access_records() -> None:
    writers = {
        relative(path)
        for path in python_files(PACKAGE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "INSERT INTO people_access_record" in node.value
    }
    assert writers == {"src/citycard/people/opening.py"}


@pytest.mark.parametrize("layer", DOORS)
def test_no_door_calls_what_is_for_machines(layer: str) -> None:
    if layer == "simulation":
        return  # builds a demo city of invented people, through the same faces as flows
    calls = [
        f"{relative(path)}:{node.lineno} {name}"
        for path in python_files(PACKAGE / layer)
        for node in ast.walk(tree_of(path))
        for name in MACHINE
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and f"{node.value.id}.{node.attr}" == name
    ]
    assert not calls, "\n".join(calls)


def test_keys_of_people_open_in_people_alone() -> None:
    """Sealed fields of people open through the gate: nobody else names their labels."""
    trespassers = [
        f"{relative(path)}:{node.lineno}"
        for path in python_files(PACKAGE)
        if not path.is_relative_to(PACKAGE / "people")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("people.member")
        and node.value.count(".") == 2
        and not node.value.startswith("people.member.enrolled")
    ]
    assert not trespassers, "\n".join(trespassers)


class TestTheTestItself:
    """A gate test that can't fail proves nothing."""

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Leak:
        phone: str

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Outer:
        rows: "list[TestTheTestItself.Leak]"

    def test_a_leak_is_seen_however_deep(self) -> None:
        assert personal_fields(self.Leak) == {"Leak.phone"}
        assert personal_fields(dict[int, list[self.Leak]] | None) == {"Leak.phone"}
        assert personal_fields(self.Outer) == {"Leak.phone"}
        assert personal_fields(int) == set()


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
