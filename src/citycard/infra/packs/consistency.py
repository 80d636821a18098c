"""What a pack must agree on within itself, beyond names: files that exist, patterns that fit,
trees that add up."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import available_timezones

from citycard.infra.packs.circles import check_circles
from citycard.infra.packs.mistakes import PackError, Problem, nearest_word
from citycard.infra.packs.pack import Pack
from citycard.infra.packs.reading import Path
from citycard.infra.packs.references import (
    Checker,
    check_references,
    places_of,
)

_PARAMETER = re.compile(r"\{(.*?)\}")


def check_code(pack: Pack) -> Iterator[Problem]:
    """The pack stands in a directory of its own code, by which it is found."""
    if pack.code != pack.directory.name:
        message = f"the pack “{pack.code}” stands in the directory “{pack.directory.name}”"
        yield pack.problem("pack", ("code",), message, pack.directory.name)


def check_clock(pack: Pack) -> Iterator[Problem]:
    """The zone is a real one, and the service day starts at a time of day."""
    zone = pack.table("pack")["zone"]
    if zone not in available_timezones():
        nearest = nearest_word(zone, available_timezones())
        yield pack.problem("pack", ("zone",), f"there is no time zone “{zone}”", nearest)
    starts = pack.table("pack")["service_day_starts_at"]
    try:
        dt.time.fromisoformat(starts)
    except ValueError:
        message = f"“{starts}” is not a time of day such as 04:00"
        yield pack.problem("pack", ("service_day_starts_at",), message)


def check_files(pack: Pack) -> Iterator[Problem]:
    """The drawings that the theme and the templates name exist."""
    named = (("theme", "mark"), ("theme", "cards.*"), ("cards", "templates.*.art"))
    for table, pattern in named:
        for path, name in places_of(pack.table(table), pattern):
            if not pack.file(name).is_file():
                files = [str(p.relative_to(pack.directory)) for p in pack.directory.rglob("*.svg")]
                message = f"there is no file “{name}”"
                yield pack.problem(table, path, message, nearest_word(name, files))


def check_numbers(pack: Pack) -> Iterator[Problem]:
    """A number's example fits its own pattern and length, and the number shown is one of the
    medium's."""
    for path, rule in places_of(pack.table("cards"), "media.*.numbers.*"):
        yield from _example(pack, "cards", path, rule["pattern"], rule["example"])
        if len(rule["example"]) not in rule["length"]:
            message = f"the example has {len(rule['example'])} characters, which “length” lacks"
            yield pack.problem("cards", (*path, "example"), message)
    for path, medium in places_of(pack.table("cards"), "media.*"):
        shown = medium.get("shown")
        if shown is not None and shown not in medium["numbers"]:
            nearest = nearest_word(shown, medium["numbers"])
            yield pack.problem("cards", (*path, "shown"), f"there is no number “{shown}”", nearest)
    for path, number in places_of(pack.table("agencies"), "agencies.*.member_number"):
        yield from _example(pack, "agencies", path, number["pattern"], number["example"])


def check_readers(pack: Pack) -> Iterator[Problem]:
    """A reader's profile names a number that cards of its issuer have; the order of bytes is a
    UID's."""
    numbers: dict[str, set[str]] = {}
    for _, medium in places_of(pack.table("cards"), "media.*"):
        numbers.setdefault(medium["issuer"], {"virtual_code"}).update(medium["numbers"])
    for path, profile in places_of(pack.table("readers"), "profiles.*"):
        number, known = profile["number"], numbers.get(profile["issuer"])
        if known is not None and number not in known:
            message = f"cards of “{profile['issuer']}” have no number “{number}”"
            nearest = nearest_word(number, known)
            yield pack.problem("readers", (*path, "number"), message, nearest)
        if "byte_order" in profile and number != "uid":
            message = "only a UID has an order of bytes"
            yield pack.problem("readers", (*path, "byte_order"), message)


def _example(pack: Pack, table: str, path: Path, pattern: str, example: str) -> Iterator[Problem]:
    try:
        fits = re.fullmatch(pattern, example)
    except re.error as error:
        yield pack.problem(table, (*path, "pattern"), f"“{pattern}” is not a pattern: {error}")
        return
    if not fits:
        yield pack.problem(table, (*path, "example"), f"“{example}” does not fit “{pattern}”")


def check_messages(pack: Pack) -> Iterator[Problem]:
    """A message's text uses the parameters that it has, and no others."""
    for code, message in pack.table("messages").items():
        for part in ("title", "body"):
            for language, text in message[part].items():
                for name in _PARAMETER.findall(text):
                    if name not in message["params"]:
                        nearest = nearest_word(name, message["params"])
                        sentence = f"the message has no parameter “{name}”"
                        yield pack.problem("messages", (code, part, language), sentence, nearest)


def check_forms(pack: Pack) -> Iterator[Problem]:
    """A form's questions and services name each other."""
    for code, form in pack.table("forms").items():
        fields = [question["field"] for question in form["questions"]]
        named = (
            ("questions.*.services.*", "service", form["services"]),
            ("questions.*.asked_when.field", "question", fields),
            ("services.*.not_with.*", "service", form["services"]),
            ("services.*.needs.*", "service", form["services"]),
            ("services.*.sent_to.*.answers.*", "question", fields),
        )
        for pattern, called, known in named:
            for path, name in places_of(form, pattern):
                if name not in known:
                    sentence = f"the form has no {called} “{name}”"
                    nearest = nearest_word(name, known)
                    yield pack.problem("forms", (code, *path), sentence, nearest)
        for number, field in enumerate(fields):
            if field in fields[:number]:
                path = (code, "questions", number, "field")
                yield pack.problem("forms", path, f"“{field}” is asked twice")


def check_sent(pack: Pack) -> Iterator[Problem]:
    """What of an approved part is sent to an agency's system is covered by its purpose, once an
    agency; a consent is one that the form asks for."""
    purposes = pack.table("purposes")["purposes"]
    for path, service in places_of(pack.table("forms"), "*.services.*"):
        agencies = [sent["agency"] for sent in service.get("sent_to", ())]
        for number, sent in enumerate(service.get("sent_to", ())):
            here = (*path, "sent_to", number)
            purpose = purposes.get(sent["purpose"], {"fields": (), "roles": ("system",)})
            if "system" not in purpose["roles"]:
                message = f"the purpose “{sent['purpose']}” is not one of the role “system”"
                yield pack.problem("forms", (*here, "purpose"), message)
            stands_on = purpose.get("ground", {}).get("kind")
            if (
                stands_on == "consent"
                and sent["purpose"] != pack.table("forms")[path[0]]["purpose"]
            ):
                message = f"the form doesn't ask for the consent of “{sent['purpose']}”"
                yield pack.problem("forms", (*here, "purpose"), message)
            wanted = [*sent["fields"], *(["application"] if sent.get("answers") else [])]
            for field in wanted:
                if sent["purpose"] in purposes and field not in purpose["fields"]:
                    message = f"the purpose “{sent['purpose']}” does not cover “{field}”"
                    yield pack.problem("forms", (*here, "fields"), message)
            if sent["agency"] in agencies[:number]:
                yield pack.problem("forms", (*here, "agency"), f"“{sent['agency']}” stands twice")


def check_deciders(pack: Pack) -> Iterator[Problem]:
    """A form sends each service to the agency that decides it, and its card carries the right."""
    entitlements = pack.table("entitlements")
    kinds = pack.table("cards")["kinds"]
    for path, service in places_of(pack.table("forms"), "*.services.*"):
        code = service["entitlement"]
        decides = entitlements.get(code, {}).get("decided_by", service["agency"])
        if decides != service["agency"]:
            message = f"“{code}” is decided by “{decides}”, not by “{service['agency']}”"
            yield pack.problem("forms", (*path, "agency"), message, decides)
        if code not in kinds.get(service["card_kind"], {}).get("carries", [code]):
            message = f"the card “{service['card_kind']}” does not carry “{code}”"
            yield pack.problem("forms", (*path, "card_kind"), message)


def check_tree(pack: Pack) -> Iterator[Problem]:
    """Every service stands once in the city's tree of uses, so that the tree adds up."""
    known = pack.table("services")["services"]
    seen: set[str] = set()
    for path, name in _leaves(pack.table("kpis")["city_tree"], ("city_tree",)):
        if name not in known:
            sentence, nearest = f"there is no service “{name}”", nearest_word(name, known)
            yield pack.problem("kpis", path, sentence, nearest)
        elif name in seen:
            yield pack.problem("kpis", path, f"“{name}” stands twice in the tree")
        seen.add(name)
    for name in known:
        if name not in seen:
            yield pack.problem("kpis", ("city_tree",), f"the service “{name}” is not in the tree")


def check_regulars(pack: Pack) -> Iterator[Problem]:
    """A regular's days begin a line of the table of days, so that both count the same people."""
    measures = pack.table("kpis")["measures"]
    days, begins = measures["funnel"]["regular_days"], measures["days_of_use"]["bands"]
    if days not in begins:
        lines = ", ".join(map(str, begins))
        message = f"no line of days_of_use begins at {days}: they begin at {lines}"
        yield pack.problem("kpis", ("measures", "funnel", "regular_days"), message)


def _leaves(node: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for index, name in enumerate(node.get("services", [])):
        yield (*path, "services", index), name
    for index, child in enumerate(node.get("children", [])):
        yield from _leaves(child, (*path, "children", index))


def check_at_counter(pack: Pack) -> Iterator[Problem]:
    """A service whose uses are entered at its own counters has one."""
    for code, row in pack.table("services")["services"].items():
        if row.get("at_counter") != "own":
            continue
        own = pack.agencies_under(row["agency"])
        if not any(one["agency"] in own for one in pack.table("counters")["counters"].values()):
            message = f"neither “{row['agency']}” nor an agency under it has a counter"
            yield pack.problem("services", ("services", code, "at_counter"), message, "any")


def check_districts(pack: Pack) -> Iterator[Problem]:
    """The population figures are about the city's districts, each once a sex."""
    codes = {row["code"]: slug for slug, row in pack.table("districts").items()}
    try:
        rows = pack.population()
    except PackError as error:
        yield from error.problems
        return
    counted = [(row.district, row.sex) for row in rows]
    for code, sex in counted:
        if code not in codes or sex not in ("f", "m"):
            message = f"people/population.csv has a row “{code},{sex}” of no district"
            yield pack.problem("districts", (), message, nearest_word(code, codes))
    for code, slug in codes.items():
        if {(code, "f"), (code, "m")} - set(counted):
            yield pack.problem("districts", (slug,), "people/population.csv lacks this district")


def check_units(pack: Pack) -> Iterator[Problem]:
    """A price or a limit can be met: the choices of a kiosk lie within its own largest step."""
    kiosk = pack.table("points")["kiosk"]
    largest = max(row["amount"] for row in kiosk["max_points_each_time"])
    for index, choice in enumerate(kiosk["choices"]):
        if choice > largest:
            message = f"{choice} is more than the {largest} points that can be redeemed at once"
            yield pack.problem("points", ("kiosk", "choices", index), message)


ACCOUNT_CLASSES = (
    "issuer", "budget", "member", "held", "partner", "breakage", "loss", "city", "stock",
)  # fmt: skip


def check_chart(pack: Pack) -> Iterator[Problem]:
    """Every kind of account of the ledger has one account of the city's, in any unit."""
    chart = pack.table("books")["chart"]
    units = {*pack.table("points")["units"], "ntd"}
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(chart):
        unit = row.get("unit", "")
        if unit and unit not in units:
            sentence, nearest = f"there is no unit “{unit}”", nearest_word(unit, units)
            yield pack.problem("books", ("chart", index, "unit"), sentence, nearest)
        if (row["class"], unit) in seen:
            sentence = f"“{row['class']}” stands twice in the chart"
            yield pack.problem("books", ("chart", index, "class"), sentence)
        seen.add((row["class"], unit))
    for name in ACCOUNT_CLASSES:
        if (name, "") not in seen:
            yield pack.problem("books", ("chart",), f"“{name}” has no account in the chart")


def check_sources(pack: Pack) -> Iterator[Problem]:
    """Every dated row of a right names the text it comes from, unless it begins with the right."""
    for code, right in pack.table("entitlements").items():
        for kind in ("gives", "spends_on"):
            for path, rows in places_of(right, f"{kind}.*"):
                for index, row in enumerate(rows):
                    if "source" not in row and row["from"] != right["since"]:
                        message = f"the row from {row['from']} names no source"
                        yield pack.problem("entitlements", (code, *path, index), message)


CHECKERS: tuple[Checker, ...] = (
    check_code,
    check_clock,
    check_references,
    check_files,
    check_numbers,
    check_readers,
    check_messages,
    check_forms,
    check_sent,
    check_deciders,
    check_tree,
    check_at_counter,
    check_regulars,
    check_districts,
    check_units,
    check_chart,
    check_sources,
    check_circles,
)
