"""Trying policies: an officer sets figures of the rules, months as they were are priced again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.fares import api as fares
from citycard.flows import trying_policies
from citycard.infra.clock import now, today
from citycard.infra.packs import PackError, current_pack
from citycard.infra.web import charts, wording
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.agency.policy_forms import PolicyForm
from citycard.portals.agency.policy_words import (
    age_name,
    district_name,
    guess_name,
    lever_groups,
    lever_name,
    mode_name,
    state_name,
)
from citycard.portals.agency.shell import page
from citycard.portals.doors import actor_of, door
from citycard.rules import api as rules

ROLES = {"officer", "finance"}


@door(roles=ROLES)
def policies(request: HttpRequest) -> HttpResponse:
    """List the trials, newest first."""
    shown = [
        {
            "trial": one,
            "months": "、".join(wording.month(month) for month in one.months),
            "state": state_name(one.state),
            "change": _change(one),
        }
        for one in fares.trials()
    ]
    return page(request, "policies", trials=shown, may_try=bool(fares.trial_months()))


@door(roles=ROLES)
def new(request: HttpRequest) -> HttpResponse:
    """Set figures of the rules, and have them tried."""
    months = fares.trial_months()
    levers = fares.levers(pack=current_pack(), on=today()) if months else []
    form = PolicyForm(request.POST or None, months=months, levers=levers)
    if form.is_bound and form.is_valid():
        try:
            number = trying_policies.ask(
                new=_asked(form, levers), actor=actor_of(request), now=now()
            )
            return HttpResponseRedirect(reverse("agency:policy", args=[number]))
        except Refused as no:
            form.add_error(None, refusal_text(no))
        except (PackError, rules.BadRule) as no:
            form.add_error(None, str(no))
    return page(
        request,
        "policy_new",
        status=422 if form.is_bound else 200,
        form=form,
        groups=lever_groups(levers, form),
        months=months,
    )


@door(roles=ROLES)
def policy(request: HttpRequest, trial_id: int) -> HttpResponse:
    """Show what a proposal comes to, beside the rules in force."""
    found = fares.trial(trial_id=trial_id)
    figures = found.figures
    names = {lever.code: lever for lever in fares.levers(pack=current_pack(), on=today())}
    return page(
        request,
        "policy",
        trial=found,
        state=state_name(found.state),
        months="、".join(wording.month(month) for month in found.months),
        percent=100 * found.done // found.whole if found.whole else 0,
        settings=[
            (lever_name(names[code]) if code in names else code, before, after)
            for code, (before, after) in found.settings.items()
        ],
        figures=figures,
        guesses=[] if figures is None else _guesses(found, figures),
        tables=[] if figures is None else _tables(figures),
    )


def _asked(form: PolicyForm, levers: Sequence[fares.Lever]) -> fares.NewTrial:
    settings, before = form.settings(), {lever.code: lever.value for lever in levers}
    changed = {code: value for code, value in settings.items() if value != before[code]}
    return fares.NewTrial(
        title=form.cleaned_data["title"],
        months=form.months(),
        changes=fares.proposal_of(pack=current_pack(), on=today(), settings=changed),
        settings={code: (before[code], value) for code, value in changed.items()},
        guesses=form.guesses(),
    )


def _change(one: fares.StoredTrial) -> str:
    if one.figures is None or one.figures.all.guesses is None:
        return ""
    return wording.number(one.figures.all.guesses[0].ntd)


def _guesses(found: fares.StoredTrial, figures: fares.PolicyTrial) -> list[dict[str, Any]]:
    """Say what all of it comes to under each guess, with its interval."""
    percents: Mapping[str, Mapping[str, int]] = {it.name: it.percent for it in found.guesses}
    return [
        {
            "name": guess_name(name),
            "percent": max(percents.get(name, {}).values(), default=0),
            "estimate": estimate,
        }
        for name, estimate in zip(figures.guesses, figures.all.guesses or (), strict=False)
    ]


def _tables(figures: fares.PolicyTrial) -> list[dict[str, Any]]:
    parts = (
        (_("交通工具"), figures.by_mode, mode_name),
        (_("年齡"), figures.by_age, age_name),
        (_("行政區"), figures.by_district, district_name),
    )
    return [_table(title, lines, name) for title, lines, name in parts if lines]


def _table(title: str, lines: Sequence[fares.PolicyLine], name: Any) -> dict[str, Any]:
    scale = max((max(it.before_ntd or 0, it.after_ntd or 0) for it in lines), default=0)
    rows = [
        {"name": name(line.code), "line": line, "guesses": line.guesses or ()} for line in lines
    ]

    def bars(heading: str, values: Sequence[int | None], tone: str) -> charts.Figure:
        items = [(row["name"], value) for row, value in zip(rows, values, strict=True)]
        return charts.bars(heading, items, unit=_("元"), label=title, tone=tone, scale=scale)

    return {
        "title": title,
        "now": bars(_("現行"), [it.before_ntd for it in lines], "quiet"),
        "then": bars(_("提案"), [it.after_ntd for it in lines], ""),
        "rows": rows,
    }
