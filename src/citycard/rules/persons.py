"""A person written down as data, in a scenario or on a command line, turned into facts."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from citycard.kernel.periods import DateSpan
from citycard.rules.facts import Facts
from citycard.rules.reading import SEXES, Node
from citycard.rules.vocabulary import Vocabulary


def read_person(person: Any, *, names: Vocabulary) -> Facts:
    """Read facts from plain JSON or YAML values.

    Null means unknown, like a key that is absent. ``statuses``, ``relations`` and ``approvals``
    are mappings of what is known; a *list* instead says that these are held and no others. A
    district implies the city.

    :raises BadRule: with the key that can't be read and the nearest known one.
    """
    node = Node(person, (), names)
    if not isinstance(person, Mapping):
        node.refuse("a person is a mapping of facts")
    facts: dict[str, Any] = {}
    for key, value in person.items():
        reader = _FACTS.get(key)
        if reader is None:
            node.refuse(f"unknown fact “{key}”", word=key, known=_FACTS)
        if value is not None:
            facts[key] = reader(node.below(key))
    if "registered_district" in facts:
        facts.setdefault("registered_city", names.city)
    return facts


def _day(node: Node) -> dt.date:
    if isinstance(node.value, str):
        try:
            return dt.date.fromisoformat(node.value)
        except ValueError:
            node.refuse(f"“{node.value}” is not a date such as 1952-02-29")
    return node.day()


def _yes_or_no(node: Node) -> bool:
    if not isinstance(node.value, bool):
        node.refuse(f"“{node.value}” should be true or false")
    return node.value


def _district(node: Node) -> str:
    found = node.names.district(str(node.value))
    if found is None:
        known = sorted({each.name.zh for each in node.names.districts.values()})
        node.refuse(f"there is no district “{node.value}”", word=node.value, known=known)
    return found.slug


def _text(node: Node) -> str:
    return str(node.value)


def _school(node: Node) -> dict[str, Any]:
    if node.value == {}:
        return {}
    node.members({"level"}, {"in_city", "graduates_on", "code"})
    school: dict[str, Any] = {"level": node.below("level").one("level", node.names.levels)}
    if "in_city" in node.value:
        school["in_city"] = _yes_or_no(node.below("in_city"))
    if "graduates_on" in node.value:
        school["graduates_on"] = _day(node.below("graduates_on"))
    if "code" in node.value:
        school["code"] = str(node.value["code"])
    return school


def _holdings(kind: str, known: Callable[[Vocabulary], Mapping[str, Any]]) -> Callable[[Node], Any]:
    def read(node: Node) -> dict[str, Any]:
        names = known(node.names)
        if isinstance(node.value, list):
            held = {each.one(kind, names) for each in node.each()} if node.value else set()
            return {code: code in held for code in names}
        if not isinstance(node.value, Mapping):
            node.refuse("this should be a mapping of what is known, or a list of all that is held")
        return {code: _held(node, code, kind, names) for code in node.value}

    return read


def _held(node: Node, code: str, kind: str, names: Mapping[str, Any]) -> Any:
    if code not in names:
        node.refuse(f"there is no {kind} “{code}”", word=code, known=names)
    inner = node.below(code)
    if inner.value is None or isinstance(inner.value, bool):
        return inner.value
    if isinstance(inner.value, list):
        return tuple(_span(each) for each in inner.each())
    if "grade" in inner.value:
        inner.members({"grade"}, {"from", "until"})
        return {"held": _span(inner), "grade": str(inner.value["grade"])}
    return _span(inner)


def _span(node: Node) -> DateSpan:
    node.members(set(), {"from", "until", "grade"})
    start = _day(node.below("from")) if node.value.get("from") else None
    end = _day(node.below("until")) if node.value.get("until") else None
    return DateSpan(start, end)


_FACTS: dict[str, Callable[[Node], Any]] = {
    "birth_on": _day,
    "sex": lambda node: node.one("sex", SEXES),
    "id_kind": lambda node: node.one("kind of identity document", node.names.id_kinds),
    "registered_city": _text,
    "registered_district": _district,
    "registered_since": _day,
    "resides_in_city": _yes_or_no,
    "died_on": _day,
    "statuses": _holdings("status", lambda names: names.statuses),
    "relations": _holdings("relation", lambda names: names.relations),
    "approvals": _holdings("entitlement", lambda names: names.entitlements),
    "school": _school,
    "employer_agency": _text,
}
