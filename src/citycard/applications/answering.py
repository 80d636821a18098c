"""Answers as people type them, cleaned and checked; each mistake is named. Pure but for the
pack."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from citycard.applications.forms import Form, Question
from citycard.applications.values import Missing
from citycard.infra.packs import current_pack
from citycard.kernel.taiwan import national_id, roc
from citycard.kernel.taiwan.text import fold

OLDEST_YEARS = 130
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_ROC = re.compile(r"(?:民國)?\s*(\d{1,3})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_PHONE = re.compile(r"\+?[0-9]{8,15}")


class _Bad(Exception):
    """An answer that can't be kept, and why (a code)."""


def clean_answers(
    form: Form, answers: Mapping[str, Any], *, on: dt.date
) -> tuple[dict[str, Any], list[Missing]]:
    """Return the answers as kept, and what is wrong with those that can't be; unknown fields are
    left out."""
    kept: dict[str, Any] = {}
    wrong: list[Missing] = []
    for question in form.questions:
        if question.field not in answers:
            continue
        try:
            kept[question.field] = clean(question, answers[question.field], on)
        except _Bad as bad:
            wrong.append(_missing(question, str(bad)))
    return kept, wrong


def answers_missing(
    form: Form, services: Sequence[str], answers: Mapping[str, Any], *, on: dt.date
) -> list[Missing]:
    """Return every question that is asked and not answered, or no longer answered rightly."""
    found = []
    for question in form.asked(services, answers):
        value = answers.get(question.field)
        if value in (None, "", False):
            if question.required:
                found.append(_missing(question, "missing"))
            continue
        try:
            clean(question, value, on)
        except _Bad as bad:
            found.append(_missing(question, str(bad)))
    return [*found, *_contradictions(form, answers)]


def clean(question: Question, value: Any, on: dt.date) -> Any:
    """Return one answer as it is kept; an empty one is an empty text."""
    if isinstance(value, str):
        value = unicodedata.normalize("NFC", value).strip()
        if any(unicodedata.category(char) == "Cc" for char in value):
            raise _Bad("control_character")
    if value in ("", None):
        return ""
    return _CLEANERS[question.type](question, value, on)


def _contradictions(form: Form, answers: Mapping[str, Any]) -> list[Missing]:
    """An ID number says the sex, too; one of the two is mistyped when they differ."""
    number, sex = answers.get("id_number"), answers.get("sex")
    if not number or not sex:
        return []
    try:
        read = _id_number(str(number))
    except _Bad:
        return []
    if read.sex is None or read.sex == sex:
        return []
    question = next((each for each in form.questions if each.field == "sex"), None)
    return [_missing(question, "differs_from_id_number")] if question else []


def _id_number(text: str) -> national_id.IdNumber:
    try:
        return national_id.parse(text)
    except national_id.BadIdNumber:
        if is_passport(text=text):
            return national_id.parse(text, passport=True)
        raise _Bad("bad_id_number") from None


def is_passport(*, text: str) -> bool:
    """Tell whether an ID number can only be a foreign passport's: it doesn't look like a mistyped
    ID."""
    number = re.sub(r"[\s-]", "", text).upper()
    accepts = current_pack().table("pack")["identity"]["accepts"]
    if "passport" not in accepts or re.fullmatch(r"[A-Z][A-D0-9][0-9]{8}", number):
        return False
    return re.fullmatch(r"[A-Z0-9]{6,12}", number) is not None and any(map(str.isdigit, number))


def _clean_id_number(question: Question, value: Any, on: dt.date) -> str:
    return _id_number(str(value)).text


def _clean_text(question: Question, value: Any, on: dt.date) -> str:
    text = str(value)
    if len(text) > int(question.settings.get("max_length", 200)):
        raise _Bad("too_long")
    return text


def _clean_date(question: Question, value: Any, on: dt.date) -> str:
    day = _date(str(value))
    if day > on:
        raise _Bad("future")
    if day.year < on.year - OLDEST_YEARS:
        raise _Bad("too_long_ago")
    return day.isoformat()


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        day = roc.read_roc(_padded(text))
    if day is None:
        raise _Bad("bad_date")
    return day


def _padded(text: str) -> str:
    """Return a day of the Republic with two digits a month and day: ``民國40年3月2日`` is
    0400302."""
    found = _ROC.fullmatch(unicodedata.normalize("NFKC", text))
    return "{:03d}{:02d}{:02d}".format(*map(int, found.groups())) if found else text


def _clean_choice(question: Question, value: Any, on: dt.date) -> str:
    if value not in question.settings["choices"]:
        raise _Bad("not_a_choice")
    return str(value)


def _clean_district(question: Question, value: Any, on: dt.date) -> str:
    text = str(value)
    districts = current_pack().table("districts")
    for slug, row in districts.items():
        names = (slug, str(row.get("code", "")), row["name"]["zh-Hant"], row["name"]["en"])
        if fold(text) in {fold(name) for name in names}:
            return str(slug)
    if len(text) > 60:
        raise _Bad("too_long")
    return text  # a district outside the city: the register will say


def _clean_phone(question: Question, value: Any, on: dt.date) -> str:
    digits = re.sub(r"[\s()\-－#]", "", unicodedata.normalize("NFKC", str(value)))
    if not _PHONE.fullmatch(digits):
        raise _Bad("bad_phone")
    return digits


def _clean_email(question: Question, value: Any, on: dt.date) -> str:
    text = str(value).lower()
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise _Bad("bad_email")
    return text


def _clean_declaration(question: Question, value: Any, on: dt.date) -> bool:
    return value in (True, "true", "on", "yes", "1", 1)


def _clean_counter(question: Question, value: Any, on: dt.date) -> str:
    counter = current_pack().table("counters")["counters"].get(value)
    if counter is None:
        raise _Bad("not_a_choice")
    return str(value)


_CLEANERS: Mapping[str, Callable[[Question, Any, dt.date], Any]] = {
    "text": _clean_text,
    "id_number": _clean_id_number,
    "date": _clean_date,
    "choice": _clean_choice,
    "district": _clean_district,
    "phone": _clean_phone,
    "email": _clean_email,
    "declaration": _clean_declaration,
    "counter": _clean_counter,
}


def _missing(question: Question, why: str) -> Missing:
    only: Sequence[str] = question.settings.get("services") or ()
    return Missing(
        kind="field",
        code=question.field,
        why=why,
        label=question.label,
        service=only[0] if len(only) == 1 else None,
    )
