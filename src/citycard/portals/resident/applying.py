"""Applying: choose services, answer one question a page, add papers, check, send."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.flows import applying
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.people import api as people
from citycard.portals import card_fees, filling
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language
from citycard.portals.papers import as_file, take_files
from citycard.portals.resident import own

_KNOWN = ("name", "birth_on", "sex", "district", "id_number", "phone", "email", "address")


@door(roles={"resident"}, level=1)
def begin(request: HttpRequest) -> HttpResponse:
    """Choose one or several services, anew for a draft that is named; unfinished applications can
    be taken up again."""
    form = applications.form()
    closed = applications.closed_services(form=form, now=clock.now())
    begun = filling.begun(request)
    before = begun.services if begun else request.GET.getlist("service")
    chosen = request.POST.getlist("services") or before
    if request.method == "POST" and request.POST.getlist("services"):
        known = {} if begun else _known(request)
        return _next_question(filling.take_services(request, begun, chosen, known), after=None)
    context = {
        "form": form,
        "intro": in_language(form.table["intro"]),
        "services": [
            (
                code,
                in_language(row.name),
                in_language(row.settings["intro"]),
                refusal_text(closed[code]) if code in closed else "",
                card_fees.costs(row.card_kind),
            )
            for code, row in form.services.items()
        ],
        "chosen": chosen,
        "nothing_chosen": request.method == "POST",
        "drafts": applications.drafts_of(actor=actor_of(request)),
    }
    return render(request, "resident/apply_begin.html", context)


@door(roles={"resident"}, level=1)
def step(request: HttpRequest, draft: uuid.UUID, field: str) -> HttpResponse:
    """Ask one question."""
    mine = applications.draft(public_id=str(draft), actor=actor_of(request))
    asked = applications.form(code=mine.form).asked(mine.services, mine.answers)
    question = next((each for each in asked if each.field == field), None)
    if question is None:
        return _next_question(mine, after=None)
    form = filling.AnswersForm([question], request.POST or None, initial=mine.answers)
    if request.method == "POST" and form.is_valid():
        saved = _save(request, mine, form)
        if saved is not None:
            back_to_check = "check" in request.GET
            return (
                redirect("resident:apply_check", draft)
                if back_to_check
                else _next_question(saved, after=field)
            )
    form.use_required_attribute = False
    form.fields[field].required = question.required  # shown; who checks is the context
    context = {
        "draft": mine,
        "form": form,
        "question": in_language(question.label),
        "number": asked.index(question) + 1,
        "count": len(asked),
        "back": _before(mine, asked, field),
    }
    return render(request, "resident/apply_question.html", context)


@door(roles={"resident"}, level=1)
def papers(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Take papers and the photo; each is checked when it arrives."""
    wrong = take_files(request, str(draft)) if request.method == "POST" else None
    if wrong == {}:
        return redirect("resident:apply_papers", draft)
    mine = applications.draft(public_id=str(draft), actor=actor_of(request))
    wanted = [
        one | {"wrong": (wrong or {}).get(one["paper"], "")}
        for one in filling.wanted_papers(mine, clock.today())
    ]
    context = {"draft": mine, "wanted": wanted, "ready": all(one["document"] for one in wanted)}
    return render(request, "resident/apply_papers.html", context, status=422 if wrong else 200)


@door(roles={"resident"}, level=1)
def document(request: HttpRequest, draft: uuid.UUID, document: uuid.UUID) -> HttpResponse:
    """Show the applicant a file that they uploaded."""
    found, content = applications.own_document(
        public_id=str(draft), document_id=str(document), actor=actor_of(request)
    )
    return as_file(found, content)


@door(roles={"resident"}, level=1)
def check(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Show everything once more, ask for the consent that register queries stand on, and send."""
    mine = applications.draft(public_id=str(draft), actor=actor_of(request))
    form = applications.form(code=mine.form)
    now = clock.now()
    missing = applications.completeness(public_id=str(draft), actor=actor_of(request), now=now)
    agreed = request.POST.get("consent") == "yes"
    if request.method == "POST" and agreed and not missing:
        submitted = applying.submit(
            public_id=str(draft), consent=True, actor=actor_of(request), now=now
        )
        return redirect("resident:case", submitted.ref)
    ground = current_pack().table("purposes")["purposes"][form.purpose]["ground"]
    context = {
        "draft": mine,
        "services": filling.services_of(mine),
        "rows": filling.summary(
            form.asked(mine.services, mine.answers),
            mine.answers,
            lambda field: reverse("resident:apply_step", args=[draft, field]) + "?check",
        ),
        "wanted": filling.wanted_papers(mine, clock.today()),
        "costs": card_fees.costs_of(mine),
        "missing": [(_where(mine, one), filling.sentence(one)) for one in missing],
        "consent": in_language(ground["text"]),
        "not_agreed": request.method == "POST" and not agreed,
    }
    return render(request, "resident/apply_check.html", context)


@door(roles={"resident"}, level=1)
def discard(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Throw an application away that was not sent; its answers and papers are erased."""
    if request.method == "POST":
        with unit_of_work():
            applications.discard(public_id=str(draft), actor=actor_of(request), now=clock.now())
        messages.success(request, _("已刪除這份還沒送出的申辦。"))
    return redirect("resident:apply")


def _known(request: HttpRequest) -> dict[str, Any]:
    """Return what the city knows of a signed-in member, so that nobody types it again."""
    if actor_of(request).member_id is None:
        return {"applied_by": "self"}
    profile = people.profile(
        access=own.own_access(request, *_KNOWN), member_id=own.member_of(request)
    )
    known = {field: getattr(profile, field) for field in _KNOWN}
    return {"applied_by": "self"} | {
        field: value.isoformat() if hasattr(value, "isoformat") else value
        for field, value in known.items()
        if value
    }


def _save(
    request: HttpRequest, draft: applications.Draft, form: filling.AnswersForm
) -> applications.Draft | None:
    try:
        with unit_of_work():
            return applications.save_answers(
                public_id=draft.public_id,
                answers=form.answers(),
                actor=actor_of(request),
                now=clock.now(),
            )
    except applications.AnswersRefused as refused:
        form.show(refused.facts["missing"])
        return None


def _next_question(draft: applications.Draft, *, after: str | None) -> HttpResponse:
    """Go to the next question without an answer (or right after the one just answered), then on."""
    asked = applications.form(code=draft.form).asked(draft.services, draft.answers)
    fields = [question.field for question in asked]
    rest = asked[fields.index(after) + 1 :] if after in fields else asked
    for question in rest:
        if after is not None or draft.answers.get(question.field) in (None, "", False):
            return redirect("resident:apply_step", draft.public_id, question.field)
    return redirect("resident:apply_papers", draft.public_id)


def _before(draft: applications.Draft, asked: list[applications.Question], field: str) -> str:
    fields = [question.field for question in asked]
    place = fields.index(field)
    if place == 0:
        return reverse("resident:apply")
    return reverse("resident:apply_step", args=[draft.public_id, fields[place - 1]])


def _where(draft: applications.Draft, missing: applications.Missing) -> str:
    if missing.kind == "field":
        return reverse("resident:apply_step", args=[draft.public_id, missing.code]) + "?check"
    if missing.kind in ("paper", "photo"):
        return reverse("resident:apply_papers", args=[draft.public_id])
    return reverse("resident:apply") + f"?draft={draft.public_id}"
