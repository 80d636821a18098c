"""The form on one page: all questions of the chosen services, every missing thing named at once."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.numbers import whole
from citycard.infra.web.part_tags import first_input
from citycard.infra.web.parts import Row
from citycard.infra.web.refusals import status_of
from citycard.kernel.errors import Refused
from citycard.portals import filling
from citycard.portals.counter.shell import ROLES, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of_staff


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question on the page, and the answer that makes it asked.

    :ivar when: the field it hangs on; empty where it is always asked
    """

    field: BoundField
    when: str = ""
    wanted: str = ""


def draft_of(request: HttpRequest, draft: uuid.UUID) -> applications.Draft | HttpResponse:
    """Return a draft of this counter, or the way to the case that a colleague made of it."""
    try:
        return applications.draft(public_id=str(draft), actor=actor_of(request))
    except applications.AlreadySubmitted as refusal:
        case = reverse("counter:case", args=[refusal.facts["ref"]])
        return HttpResponseRedirect(f"{case}?meanwhile")


@door(roles=ROLES)
def form(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Ask everything on one page; what is right is kept, what is missing is named."""
    mine = draft_of(request, draft)
    if isinstance(mine, HttpResponse):
        return mine
    questions = _questions(mine)
    asked = filling.AnswersForm(questions, request.POST or None, initial=mine.answers)
    if request.method != "POST":
        return _form_page(request, mine, asked, questions)
    try:
        saved = _save(request, mine, asked)
    except applications.DraftChangedMeanwhile as refusal:
        return _changed_meanwhile(request, draft, asked, questions, refusal)
    _name_missing(request, saved, asked)
    if "later" in request.POST:
        return HttpResponseRedirect(reverse("counter:home"))
    if asked.errors:
        return _form_page(request, saved, asked, questions, status=422)
    return HttpResponseRedirect(reverse("counter:papers", args=[draft]))


@door(roles=ROLES)
def discard(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Throw an unfinished application away."""
    if request.method == "POST":
        with unit_of_work():
            applications.discard(public_id=str(draft), actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("counter:home"))


def missing_of(request: HttpRequest, draft: applications.Draft) -> list[applications.Missing]:
    """Return what still keeps a draft from being submitted."""
    return applications.completeness(
        public_id=draft.public_id, actor=actor_of(request), now=clock.now()
    )


def missing_lines(
    draft: applications.Draft, missing: Iterable[applications.Missing]
) -> list[tuple[str, str]]:
    """Return (address, sentence) of each missing thing."""
    return [(_where(draft, one), filling.sentence(one)) for one in missing]


def _questions(draft: applications.Draft) -> list[applications.Question]:
    """Return the questions of a draft's services, those that hang on another answer, too."""
    chosen = set(draft.services)
    return [
        each
        for each in applications.form(code=draft.form).questions
        if each.settings.get("services") is None or set(each.settings["services"]) & chosen
    ]


def _save(
    request: HttpRequest, draft: applications.Draft, asked: filling.AnswersForm
) -> applications.Draft:
    """Keep every answer that can be kept; beside the others stands why not.

    :raises DraftChangedMeanwhile: a colleague saved first
    """
    asked.is_valid()
    answers = asked.answers()
    version = request.POST.get("version", "")
    while True:
        try:
            with unit_of_work():
                return applications.save_answers(
                    public_id=draft.public_id,
                    answers=answers,
                    actor=actor_of(request),
                    now=clock.now(),
                    version=whole(version),
                )
        except applications.AnswersRefused as refusal:
            wrong = refusal.facts["missing"]
            asked.show(wrong)
            answers = {
                field: value
                for field, value in answers.items()
                if field not in {one.code for one in wrong}
            }


def _name_missing(
    request: HttpRequest, draft: applications.Draft, asked: filling.AnswersForm
) -> None:
    """Put each unanswered question beside its field; papers come on the next page."""
    asked.show(
        one
        for one in missing_of(request, draft)
        if one.kind in ("field", "service") and one.code not in asked.errors
    )


def _changed_meanwhile(
    request: HttpRequest,
    draft: uuid.UUID,
    asked: filling.AnswersForm,
    questions: list[applications.Question],
    refusal: Refused,
) -> HttpResponse:
    """Show what a colleague saved beside what this clerk typed; the next save decides."""
    newest = draft_of(request, draft)
    if isinstance(newest, HttpResponse):
        return newest
    typed = asked.answers()
    differing = [
        each
        for each in questions
        if (typed.get(each.field) or "") != (newest.answers.get(each.field) or "")
    ]
    return _form_page(
        request,
        newest,
        asked,
        questions,
        refused=None if differing else refusal,  # what differs says more than that it does
        status=status_of(refusal),
        theirs=filling.summary(differing, newest.answers),
        changed_by=_colleague(request, newest),
    )


def _colleague(request: HttpRequest, draft: applications.Draft) -> str:
    """Name who saved a draft last; nobody where it was this clerk, in another window."""
    is_me = draft.edited_by == actor_of(request).id
    return "" if is_me else name_of_staff(draft.edited_by)


def _form_page(
    request: HttpRequest,
    draft: applications.Draft,
    asked: filling.AnswersForm,
    questions: list[applications.Question],
    *,
    status: int | None = None,
    refused: Refused | None = None,
    theirs: Iterable[Row] = (),
    changed_by: str = "",
) -> HttpResponse:
    return page(
        request,
        "form",
        refused=refused,
        status=status,
        draft=draft,
        form=asked,
        errors=_errors(asked),
        asked=[_asked(each, asked) for each in questions],
        theirs=list(theirs),
        changed_by=changed_by,
        services=filling.services_of(draft),
        missing=missing_lines(draft, missing_of(request, draft)),
    )


def _errors(form: filling.AnswersForm) -> list[tuple[str, str]]:
    """Return (control, sentence) of each thing to mend; each sentence names its field."""
    found = []
    for bound in form:
        for message in bound.errors if form.is_bound else ():
            label = str(bound.label)
            named = str(message) if label in str(message) else f"{label}{_('：')}{message}"
            found.append((first_input(bound), named))
    return found


def _asked(question: applications.Question, form: filling.AnswersForm) -> Asked:
    form.use_required_attribute = False
    form.fields[question.field].required = question.required  # shown; who checks is the context
    when: dict[str, Any] = question.settings.get("asked_when") or {}
    return Asked(
        field=form[question.field],
        when=str(when.get("field", "")),
        wanted=" ".join(when.get("is", ())),
    )


def _where(draft: applications.Draft, missing: applications.Missing) -> str:
    if missing.kind == "field":
        return reverse("counter:form", args=[draft.public_id]) + f"#id_{missing.code}"
    if missing.kind in ("paper", "photo"):
        return reverse("counter:papers", args=[draft.public_id]) + f"#file-{missing.code}"
    return reverse("counter:new") + f"?draft={draft.public_id}"
