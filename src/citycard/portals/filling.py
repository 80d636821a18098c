"""Filling in an application: the pack's questions as form fields, for every door that takes one."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web import wording
from citycard.infra.web.forms import ChoiceCards, RocDateField
from citycard.infra.web.parts import Choice, Row
from citycard.portals.doors import actor_of
from citycard.portals.naming import in_language, name_of

PHOTO = "photo"
_AUTOCOMPLETE = {"name": "name", "phone": "tel", "email": "email", "address": "street-address"}


class AnswersForm(forms.Form):
    """The questions of one page. What is right is for the applications context to say, not for
    us."""

    def __init__(
        self, questions: Iterable[applications.Question], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question.field] = field_of(question)

    def answers(self) -> dict[str, Any]:
        """Return what was given, as the applications context reads it."""
        return {name: _plain(self.cleaned_data.get(name)) for name in self.fields}

    def show(self, missing: Iterable[applications.Missing]) -> None:
        """Put each thing that is wrong beside its question."""
        for one in missing:
            self.add_error(one.code if one.code in self.fields else None, sentence(one))


def sentence(missing: applications.Missing) -> str:
    """Return one missing thing as a sentence in the reader's language."""
    return _(missing.text_code) % {"label": in_language(missing.label) or missing.code}


def field_of(question: applications.Question) -> forms.Field:
    """Return the form field that asks a question."""
    common: dict[str, Any] = {
        "label": in_language(question.label),
        "help_text": in_language(question.settings.get("hint", {})),
        "required": False,
    }
    if question.type == "date":
        return RocDateField(**common)
    if question.type == "declaration":
        return forms.BooleanField(**common)
    if question.type in ("choice", "district", "counter"):
        return _choice(question, common)
    widget = forms.EmailInput() if question.type == "email" else forms.TextInput()
    if question.type in ("phone", "id_number"):
        widget.attrs["inputmode"] = "tel" if question.type == "phone" else "text"
        widget.attrs["autocapitalize"] = "characters"
    widget.attrs["autocomplete"] = _AUTOCOMPLETE.get(question.field, "off")
    return forms.CharField(
        **common, widget=widget, max_length=int(question.settings.get("max_length", 200))
    )


def shown(question: applications.Question, value: Any) -> str:
    """Return an answer as people read it back."""
    if value in (None, ""):
        return "—"
    if question.type == "declaration":
        return _("是") if value else _("否")
    if question.type == "date":
        return wording.roc_date(dt.date.fromisoformat(str(value)))
    if question.type == "district":
        return name_of("district", str(value))
    if question.type == "counter":
        return name_of("counter", str(value))
    if question.type == "choice":
        return in_language(question.settings["choices"].get(value, str(value)))
    return str(value)


def begun(request: HttpRequest) -> applications.Draft | None:
    """Return the draft whose services are chosen again, as the address names it.

    :raises NotFound: there is none that this person may go on with
    """
    named = request.GET.get("draft")
    return applications.draft(public_id=named, actor=actor_of(request)) if named else None


def take_services(
    request: HttpRequest,
    draft: applications.Draft | None,
    chosen: Sequence[str],
    known: Mapping[str, Any],
) -> applications.Draft:
    """Begin an application for services with what is known, or let a draft be for these; its
    answers and papers stay.

    :raises Refused: a service isn't taken at present
    """
    actor, now = actor_of(request), clock.now()
    with unit_of_work():
        if draft is None:
            return applications.start_draft(services=chosen, answers=known, actor=actor, now=now)
        return applications.save_answers(
            public_id=draft.public_id, answers=known, services=chosen, actor=actor, now=now
        )


def services_of(draft: applications.Draft) -> list[str]:
    """Return the names of the services that a draft applies for; of those that are still there."""
    offered = applications.form(code=draft.form).services
    return [in_language(offered[code].name) for code in draft.services if code in offered]


def wanted_papers(draft: applications.Draft, on: dt.date) -> list[dict[str, Any]]:
    """Return each paper (and the photo) that a draft needs, with the file that is there."""
    form = applications.form(code=draft.form)
    papers = [paper for paper, _service in form.papers_for(draft.services, draft.answers, on)]
    if any(form.services[code].needs_photo for code in draft.services if code in form.services):
        papers.append(PHOTO)
    there = {one.paper: one for one in draft.documents}
    return [
        {
            "paper": paper,
            "name": in_language(applications.paper_name(code=paper)),
            "is_photo": paper == PHOTO,
            "document": there.get(paper),
        }
        for paper in papers
    ]


def summary(
    questions: Iterable[applications.Question],
    answers: Mapping[str, Any],
    url_of: Any = lambda field: "",
) -> list[Row]:
    """Return questions and answers as the rows of a summary list.

    :param url_of: the address at which a field's answer is changed
    """
    return [
        Row(
            label=in_language(question.label),
            value=shown(question, answers.get(question.field)),
            url=url_of(question.field),
        )
        for question in questions
    ]


def _choice(question: applications.Question, common: dict[str, Any]) -> forms.Field:
    choices = _choices(question)
    if question.type == "choice":
        cards = {value: Choice(title=title) for value, title in choices}
        return forms.ChoiceField(**common, choices=choices, widget=ChoiceCards(cards=cards))
    return forms.ChoiceField(**common, choices=[("", _("請選擇")), *choices])


def _choices(question: applications.Question) -> list[tuple[str, str]]:
    if question.type == "district":
        return [(slug, name_of("district", slug)) for slug in current_pack().table("districts")]
    if question.type == "counter":
        counters = current_pack().table("counters")["counters"]
        return [(code, in_language(row["name"])) for code, row in counters.items()]
    return [(code, in_language(name)) for code, name in question.settings["choices"].items()]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
