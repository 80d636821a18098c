"""Refund runs: a list of what was wrongly charged, looked up, proposed, and how far it got."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.flows import refund_lists, refunding
from citycard.infra.clock import now
from citycard.infra.web.refusals import refusal_text, words_of
from citycard.kernel.errors import NotFound, Refused
from citycard.ledger import api as ledger
from citycard.portals.agency.approval_words import fund_name
from citycard.portals.agency.book_words import is_city_wide
from citycard.portals.agency.campaign_forms import unit_name
from citycard.portals.agency.refund_forms import RefundForm, WhyForm
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

SEES = {"finance", "officer", "auditor"}
ACTS = {"finance", "officer"}
FAILED: tuple[ledger.LineState, ...] = ("refused", "short", "kept")
SHOWN = 200


@door(roles=SEES)
def list_runs(request: HttpRequest) -> HttpResponse:
    """List the refund runs, newest first."""
    waiting = {it.about for it in agencies.proposals(kind=refunding.KIND)}
    found = [
        {**_line(run), "waiting": refunding.about(run.id) in waiting}
        for run in ledger.refund_runs()
        if _is_seen(request, run)
    ]
    return page(request, "refunds", runs=found, may_begin=_may_propose(request))


@door(roles={"finance"})
def new(request: HttpRequest) -> HttpResponse:
    """Take a list: look every line up, and keep it only if all can be given back."""
    form = RefundForm(request.POST or None, request.FILES or None)
    checked: refunding.Checked | None = None
    if form.is_bound and form.is_valid():
        try:
            checked = refunding.check(content=form.cleaned_data["file"].read())
            if not checked.problems:
                return _drafted(request, form, checked)
        except (refund_lists.ListUnreadable, refund_lists.ListTooLong) as no:
            form.add_error("file", refusal_text(no))
        except Refused as no:
            form.add_error(None, refusal_text(no))
    problems = checked.problems if checked else []
    return page(
        request,
        "refund_new",
        status=422 if form.is_bound else 200,
        form=form,
        checked=checked,
        problems=[(line, refusal_text(line.refusal)) for line in problems[:SHOWN] if line.refusal],
        problem_count=len(problems),
    )


@door(roles=SEES)
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show a run: what it would do, how far it got, and what could not be done."""
    return _run_page(request, _found(request, run_id), WhyForm())


@door(roles=ACTS)
def change(request: HttpRequest, run_id: int) -> HttpResponse:
    """Propose a run, or its undoing, or drop a draft."""
    found = _found(request, run_id)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    form = WhyForm(request.POST if wanted == "undo" else None)
    try:
        if wanted == "propose":
            refunding.propose(run_id=found.id, actor=actor_of(request), now=now())
        elif wanted == "undo" and form.is_valid():
            refunding.propose_undoing(
                run_id=found.id, why=form.why(), actor=actor_of(request), now=now()
            )
        elif wanted == "drop":
            refunding.drop(run_id=found.id, actor=actor_of(request), now=now())
        elif wanted == "undo":
            return _run_page(request, found, form, status=422)
    except Refused as no:
        status = getattr(no, "http_status", 422)
        return _run_page(request, found, form, refused=refusal_text(no), status=status)
    if wanted == "drop":
        messages.success(request, _("已捨棄這份清單，沒有退點。"))
    elif wanted:
        messages.success(request, _("已送出，請另一位同仁覆核。"))
    return HttpResponseRedirect(reverse("agency:refund", args=[found.id]))


@door(roles=SEES)
def results_csv(request: HttpRequest, run_id: int) -> HttpResponse:
    """Download what became of each line; whose it is isn't in it."""
    found = _found(request, run_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "reference", "amount", "goodwill", "state", "reason"])
    for line in ledger.refund_results(run_id=found.id, limit=refund_lists.MOST_LINES):
        why = words_of(line.why, line.facts) if line.why else ""
        row = [line.line, line.reference, line.amount, line.goodwill, line.state, why]
        writer.writerow(row)
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    name = f"refund-run-{found.id}.csv"
    return attachment(content, name=name, media_type="text/csv; charset=utf-8")


def _drafted(request: HttpRequest, form: RefundForm, checked: refunding.Checked) -> HttpResponse:
    goodwill, fund = form.on_top()
    run_id = refunding.draft(
        checked=checked,
        why=form.why(),
        goodwill=goodwill,
        goodwill_fund=fund,
        file_name=str(form.cleaned_data["file"].name)[:120],
        actor=actor_of(request),
        now=now(),
    )
    return HttpResponseRedirect(reverse("agency:refund", args=[run_id]))


def _run_page(
    request: HttpRequest,
    found: ledger.RefundRun,
    form: WhyForm,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    waiting = _waiting(found.id)
    failed = [
        line
        for state in FAILED
        for line in ledger.refund_results(run_id=found.id, state=state, limit=SHOWN)
    ]
    proposes = _may_propose(request) and waiting is None
    return page(
        request,
        "refund",
        status=status,
        **_line(found),
        waiting=waiting,
        rows=_rows(found),
        failed=[(line, words_of(line.why, line.facts)) for line in failed],
        not_done=sum(found.counts[state] for state in FAILED),
        refused=refused,
        form=form,
        may_propose=proposes and found.state == "draft",
        sent_by="" if waiting or found.state != "draft" else sends_words(request),
        may_drop=_may_drop(request) and waiting is None and found.state == "draft",
        may_retry=proposes and found.state == "done" and _some(found, "refused", "short"),
        may_undo=proposes and found.state == "done" and _some(found, "done", "short"),
    )


def _some(found: ledger.RefundRun, *states: str) -> bool:
    return any(found.counts[state] for state in states)


def _rows(found: ledger.RefundRun) -> list[tuple[str, str]]:
    rows = [
        (_("原因（中文）"), found.why.zh),
        (_("原因（英文）"), found.why.en),
        (_("檔案"), found.file_name or "—"),
    ]
    if found.charged_fund is not None:
        rows.append((_("退點由哪一筆經費支付"), fund_name(found.charged_fund)))
    if found.goodwill_fund is not None:
        on_top = _("每人 %(n)s 點，由%(fund)s支付") % {
            "n": f"{found.goodwill:,}",
            "fund": fund_name(found.goodwill_fund),
        }
        rows.append((_("另外補償"), on_top))
    return rows


def _line(found: ledger.RefundRun) -> dict[str, Any]:
    done = found.lines - found.counts["waiting"] - found.counts["owed"]
    return {
        "run": found,
        "unit": unit_name(found.unit),
        "why": in_language({"zh-Hant": found.why.zh, "en": found.why.en}),
        "done": done,
        "percent": done * 100 // found.lines,
        "under_way": found.state in ("running", "undoing"),
        "goodwill_all": found.goodwill * found.people,
    }


def _waiting(run_id: int) -> agencies.Proposal | None:
    """Return the proposal about a run that waits for a second officer."""
    proposals = agencies.proposals(kind=refunding.KIND)
    return next((it for it in proposals if it.about == refunding.about(run_id)), None)


def _may_propose(request: HttpRequest) -> bool:
    return agencies.may_propose(kind=refunding.KIND, actor=actor_of(request))


def unsent(request: HttpRequest) -> int:
    """Count the drafts that wait for the reader to send them to a second officer."""
    if not _may_propose(request):
        return 0
    waiting = {it.about for it in agencies.proposals(kind=refunding.KIND)}
    return sum(
        run.state == "draft" and refunding.about(run.id) not in waiting
        for run in ledger.refund_runs()
        if _is_seen(request, run)
    )


def _may_drop(request: HttpRequest) -> bool:
    return actor_of(request).has_any_role(*ACTS)


def sends_words(request: HttpRequest) -> str:
    """Say who sends a draft to its second officer."""
    if _may_propose(request):
        return _("請送出，由另一位同仁覆核。")
    who = name_of("agency", agencies.operator())
    return _("接著由%(agency)s的財務人員送出，再由另一位同仁覆核。") % {"agency": who}


def _found(request: HttpRequest, run_id: int) -> ledger.RefundRun:
    found = ledger.refund_run(run_id=run_id)
    if not _is_seen(request, found):
        raise NotFound(what="refund run")
    return found


def _is_seen(request: HttpRequest, found: ledger.RefundRun) -> bool:
    """The auditor and the agency that runs the card see all, others what is of their agencies."""
    sees_all = actor_of(request).has_any_role("auditor") or is_city_wide(request)
    return sees_all or found.agency in own_agencies(request)
