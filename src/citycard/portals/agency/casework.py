"""A case in the words and shapes of its page: who applies, what they said, papers, checks,
history."""

import datetime as dt
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.infra.clock import city_time
from citycard.infra.web.parts import Entry, Row
from citycard.people import api as people
from citycard.portals import filling
from citycard.portals.agency.review_forms import paper_name
from citycard.portals.naming import in_language, name_of
from citycard.rules.api import Because

_IDENTITY = {"name", "birth_on", "sex", "id_number", "district"}
# what happened → its words, and the state that its badge shows
_STEPS = {
    "applications.application.submitted": (gettext_lazy("收到申辦"), "submitted"),
    "applications.application.waiting": (gettext_lazy("查核系統沒有回應，等候中"), "waiting"),
    "applications.application.dispatched": (gettext_lazy("查核完成，分送審核"), "reviewing"),
    "applications.part.supplement_asked": (gettext_lazy("請申請人補正"), "supplement"),
    "applications.part.resubmitted": (gettext_lazy("申請人已補正"), "reviewing"),
    "applications.part.approved": (gettext_lazy("核准"), "approved"),
    "applications.part.refused": (gettext_lazy("不予核准"), "refused"),
    "applications.part.withdrawn": (gettext_lazy("申請人撤回"), "cancelled"),
    "applications.part.completed": (gettext_lazy("完成"), "done"),
    "applications.application.completed": (gettext_lazy("申辦完成"), "done"),
    "applications.application.closed": (gettext_lazy("結案"), "closed"),
}


def who(profile: people.Profile, at: dt.datetime) -> dict[str, Any]:
    """Return the applicant as the page's heading shows them."""
    born = profile.birth_on
    today = city_time().day(at)
    age = (
        today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if born
        else None
    )
    return {
        "name": profile.name,
        "birth_on": born,
        "age": age,
        "sex": {"f": _("女"), "m": _("男")}.get(profile.sex or "", ""),
        "id_masked": profile.id_masked,
        "district": name_of("district", profile.district) if profile.district else "",
        "village": profile.village or "",
    }


def answers(view: applications.PartView) -> list[Row]:
    """Return what the applicant said, without what the page's heading says already."""
    questions = [
        applications.Question(
            field=settings["field"],
            type=settings["type"],
            label=settings.get("label", {}),
            settings=settings,
        )
        for settings in view.questions
        if settings["field"] not in _IDENTITY
    ]
    return filling.summary(questions, view.answers)


def papers(view: applications.PartView) -> list[dict[str, Any]]:
    """Return the uploaded papers, the photo first."""
    found = [
        {
            "document": one,
            "name": paper_name(one.paper),
            "is_picture": one.media_type.startswith("image/"),
            "kilobytes": max(1, one.bytes // 1024),
        }
        for one in view.case.documents
    ]
    return sorted(found, key=lambda it: it["document"].kind != "photo")


def checks(view: applications.PartView) -> list[dict[str, Any]]:
    """Return the registers' answers."""
    return [{"check": one, "name": register_name(one.register)} for one in view.case.checks]


def register_name(code: str) -> str:
    """Name what a register was asked: ``household``, or ``<register>.<status>``."""
    register, _dot, status = code.partition(".")
    if status:
        return name_of("status", status)
    return _("戶役政") if register == "household" else name_of("register", register)


def because(explanation: entitlements.Explanation) -> list[dict[str, Any]]:
    """Return the law's steps as a tree; that an approval is still missing is no news to a
    reviewer."""
    approval = f"approval.{explanation.entitlement}"
    top = explanation.because
    steps = [step for step in top.children or (top,) if approval not in step.reads]
    return [_step(step, get_language() or "zh-hant") for step in steps]


def _step(step: Because, language: str) -> dict[str, Any]:
    return {
        "verdict": step.verdict.value,
        "sentence": step.sentence(language),
        "below": [_step(child, language) for child in step.children],
    }


def history(view: applications.PartView) -> list[Entry]:
    """Return how the case went on."""
    names = {part.service: in_language(part.name) for part in view.case.parts}
    return [_entry(step, names) for step in view.case.timeline]


def _entry(step: applications.Step, names: dict[str, str]) -> Entry:
    title, state = _STEPS.get(step.code, (step.code, "done"))
    agency = name_of("agency", step.agency) if step.agency else ""
    about = (names.get(step.service or "", ""), agency)
    return Entry(title=str(title), at=step.at, body=" · ".join(filter(None, about)), state=state)
