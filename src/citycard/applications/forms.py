"""The pack's forms, read for filling in: which questions and papers a choice of services asks
for."""

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.cards import api as cards
from citycard.infra.packs import Pack, current_pack
from citycard.infra.packs.keeping import kept_tables
from citycard.kernel.errors import Refused
from citycard.kernel.periods import birthday
from citycard.kernel.taiwan import national_id

PHOTO = "photo"
OTHER = "other"
"""A paper of no kind that the pack names: the only one of which there may be several."""


class NoSuchForm(Refused):
    """This city has no application form {form}."""

    code = "applications.no_such_form"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a form."""

    field: str
    type: str
    label: Mapping[str, str]
    settings: Mapping[str, Any]

    @property
    def required(self) -> bool:
        return bool(self.settings.get("required", True))

    def is_asked(self, services: Iterable[str], answers: Mapping[str, Any]) -> bool:
        """Tell whether it is asked for these services and the answers so far."""
        only = self.settings.get("services")
        if only is not None and not set(only) & set(services):
            return False
        when = self.settings.get("asked_when")
        return when is None or answers.get(when["field"]) in when["is"]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service that a form offers."""

    code: str
    settings: Mapping[str, Any]

    @property
    def name(self) -> Mapping[str, str]:
        return dict(self.settings["name"])

    @property
    def entitlement(self) -> str:
        return str(self.settings["entitlement"])

    @property
    def agency(self) -> str:
        return str(self.settings["agency"])

    @property
    def card_kind(self) -> str | None:
        return self.settings.get("card_kind")

    @property
    def own_card(self) -> bool:
        return bool(self.settings.get("own_card", False))

    @property
    def registers(self) -> tuple[str, ...]:
        return tuple(self.settings.get("registers", ()))

    @property
    def needs_photo(self) -> bool:
        return bool(self.settings.get("photo", False))

    @property
    def decide_within_days(self) -> int:
        return int(self.settings["decide_within_days"])

    @property
    def not_with(self) -> tuple[str, ...]:
        return tuple(self.settings.get("not_with", ()))

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(self.settings.get("needs", ()))


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form of the pack."""

    code: str
    table: Mapping[str, Any]
    questions: tuple[Question, ...]
    services: Mapping[str, Service]

    @property
    def level(self) -> int:
        """The level of assurance that an online applicant needs."""
        return int(self.table.get("level", 0))

    @property
    def purpose(self) -> str:
        """The purpose whose ground the register questions stand on."""
        return str(self.table["purpose"])

    @property
    def card_order(self) -> tuple[str, ...]:
        return tuple(self.table.get("card_order", ()))

    @property
    def one_card(self) -> bool:
        return bool(self.table.get("one_card", False))

    def asked(self, services: Sequence[str], answers: Mapping[str, Any]) -> list[Question]:
        """Return the questions to ask, in order."""
        return [each for each in self.questions if each.is_asked(services, answers)]

    def papers_for(
        self, services: Sequence[str], answers: Mapping[str, Any], on: dt.date
    ) -> Iterator[tuple[str, str | None]]:
        """Yield (paper, service) needed before submitting; a register may ask for more later.

        A service that the form no longer offers wants none.
        """
        seen = set()
        for code in services:
            for row in self._papers_of(code):
                if row["paper"] not in seen and _needed(row, answers, on):
                    seen.add(row["paper"])
                    yield row["paper"], code
        for row in self.table.get("papers", ()):
            if row["paper"] not in seen and _needed(row, answers, on):
                seen.add(row["paper"])
                yield row["paper"], None

    def papers_when_unknown(self, service: str, missing: Iterable[str]) -> tuple[str, ...]:
        """Return the papers that would prove facts which no register has answered."""
        wanted = set(missing)
        asked = [
            row["paper"]
            for row in self._papers_of(service)
            if row["when"] == "unknown" and row.get("fact") in wanted
        ]
        proves = current_pack().table("papers")["papers"]
        for code, paper in proves.items():
            speaks_for = {fact.replace(":", ".") for fact in paper.get("proves", ())}
            already = any(wanted & _speaks_for(proves, each) for each in asked)
            if wanted & speaks_for and not already:
                asked.append(code)
        return tuple(dict.fromkeys(asked))

    def _papers_of(self, code: str) -> Sequence[Mapping[str, Any]]:
        service = self.services.get(code)
        return () if service is None else service.settings.get("papers", ())


def _speaks_for(papers: Mapping[str, Any], code: str) -> set[str]:
    return {fact.replace(":", ".") for fact in papers[code].get("proves", ())}


def _needed(row: Mapping[str, Any], answers: Mapping[str, Any], on: dt.date) -> bool:
    when = row["when"]
    if when == "always":
        return True
    if when == "answer":
        return bool(answers.get(row["field"]) in row["is"])
    if when in ("citizen", "foreigner"):
        kind = id_kind(text=str(answers.get("id_number") or ""))
        return kind is not None and (kind == "citizen") == (when == "citizen")
    if when in ("guardian", "proxy"):
        return bool(answers.get("applied_by") == when)
    if when in ("minor", "adult"):
        minor = is_minor(answers, on)
        return minor is not None and minor == (when == "minor")
    return False


def id_kind(*, text: str) -> str | None:
    """Return the kind of document that an ID number belongs to; None where it is none yet."""
    try:
        return national_id.parse(text).kind
    except national_id.BadIdNumber:
        return "passport" if text.strip() else None


def is_minor(answers: Mapping[str, Any], on: dt.date) -> bool | None:
    """Tell whether the person is a minor on a day; None while the birth date isn't known."""
    born = answers.get("birth_on")
    if not born:
        return None
    rows = current_pack().table("pack")["adulthood"]
    in_force = [row for row in rows if row["from"] <= on]
    age = int((in_force or rows)[-1]["age"])
    return on < birthday(dt.date.fromisoformat(str(born)), age)


def closed_programme(
    form: Form, services: Iterable[str], *, now: dt.datetime, again: Collection[str] = ()
) -> Refused | None:
    """Return why one of these services is not taken at an instant; None where all are.

    :param again: the kinds of card that would be the person's second: a reissue
    """
    for code in services:
        service = form.services.get(code)
        if service is None:
            continue
        act: cards.Act = "reissue" if service.card_kind in again else "apply"
        closed = cards.closed_because(act=act, card_kind=service.card_kind, service=code, now=now)
        if closed is not None:
            return closed
    return None


def closed_services(*, form: Form, now: dt.datetime) -> dict[str, Refused]:
    """Return, by service, why the form doesn't take it at an instant, neither for a first card nor
    for one in its stead."""
    found = {}
    for code, service in form.services.items():
        kinds = [service.card_kind] if service.card_kind else []
        closed = closed_programme(form, [code], now=now)
        if closed is not None and closed_programme(form, [code], now=now, again=kinds):
            found[code] = closed
    return found


def form(*, code: str | None = None) -> Form:
    """Return a form of the active pack; without a code, its first.

    :raises NoSuchForm: the city has none of this code
    """
    pack = current_pack()
    table = pack.table("forms")
    if code is None:
        code = next(iter(table))
    if code not in table:
        raise NoSuchForm(form=code)
    return _read(pack, code)


_forms: dict[tuple[str, str], Form] = {}


def _read(pack: Pack, code: str) -> Form:
    key = (pack.hash, code)
    if key not in _forms:
        table = pack.table("forms")[code]
        questions = tuple(
            Question(field=row["field"], type=row["type"], label=dict(row["label"]), settings=row)
            for row in table["questions"]
        )
        services = {
            name: Service(code=name, settings=row) for name, row in table["services"].items()
        }
        _forms[key] = Form(code=code, table=table, questions=questions, services=services)
    return _forms[key]


def paper_name(*, code: str) -> Mapping[str, str]:
    """Return what a paper (or the photo) is called, by language tag."""
    papers = current_pack().table("papers")
    if code == PHOTO:
        return dict(papers["photo"]["name"])
    row = papers["papers"].get(code)
    return dict(row["name"]) if row else {"zh-Hant": code, "en": code}


def service_name(form_code: str, service: str, pack_hash: str) -> Mapping[str, str]:
    """Return what a service is called; when the form no longer offers it, what it was called in the
    pack that an application was made by."""
    services = form(code=form_code).services
    if service in services:
        return services[service].name
    try:
        return dict(_kept_forms(pack_hash)[form_code]["services"][service]["name"])
    except KeyError:  # it was never active, or never had it
        return {"zh-Hant": service, "en": service}


@functools.lru_cache(maxsize=8)
def _kept_forms(pack_hash: str) -> Mapping[str, Any]:
    forms: Mapping[str, Any] = kept_tables(pack_hash=pack_hash)["forms"]
    return forms
