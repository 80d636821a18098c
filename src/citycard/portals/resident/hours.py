"""My volunteer hours: each shift, how its minutes were counted, every correction and why."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from citycard.activities import api as activities
from citycard.infra import clock
from citycard.infra.web import wording
from citycard.infra.web.numbers import whole
from citycard.kernel.errors import NotFound
from citycard.portals.doors import door
from citycard.portals.naming import name_of
from citycard.portals.resident import own
from citycard.portals.shifts import shift_line, version_line

PAGE = 30


@door(roles={"resident"}, member=True)
def shifts(request: HttpRequest) -> HttpResponse:
    """List my shifts, the newest day first; what misses a sign-in or sign-out says so."""
    bank = activities.time_bank()
    before = request.GET.get("before", "")
    found = activities.shifts_of(
        access=own.own_access(request, "points_history"),
        member_id=own.member_of(request),
        limit=PAGE + 1,
        before=whole(before),
    )
    context = {
        "unit": bank.unit,
        "shifts": [shift_line(one) for one in found[:PAGE]],
        "more": found[PAGE - 1].id if len(found) > PAGE else None,
        "rule": rule_sentences(),
    }
    return render(request, "resident/hours.html", context)


@door(roles={"resident"}, member=True)
def shift(request: HttpRequest, shift_id: int) -> HttpResponse:
    """Show one of my shifts and how it came to stand as it does."""
    try:
        found = activities.shift(shift_id=shift_id)
    except NotFound:
        raise Http404 from None
    if found.member_id != own.member_of(request):
        raise Http404
    access = own.own_access(request, "points_history")
    context = {
        "shift": shift_line(found),
        "agency": name_of("agency", found.organiser),
        "unit": activities.time_bank().unit,
        "versions": [
            version_line(one) for one in activities.versions_of(access=access, shift_id=found.id)
        ],
        "rule": rule_sentences(),
    }
    return render(request, "resident/shift.html", context)


def rule_sentences() -> list[str]:
    """Return how minutes are counted today, in sentences."""
    rule = activities.time_bank().rule(clock.today())
    rounds = {
        "down": _("不足 %(n)s 的部分不計。"),
        "nearest": _("以 %(n)s 為單位，四捨五入。"),
        "up": _("不足 %(n)s 以 %(n)s 計。"),
    }
    return [
        _("從簽到算到簽退；跨夜的服務算在開始的那一天。"),
        rounds[rule.round] % {"n": wording.hours(rule.step)},
        _("少於 %(n)s 不計。") % {"n": wording.hours(rule.shortest)},
        _("相隔超過 %(n)s 視為忘了簽退，由主辦機關核對後補登，不會自行推算。")
        % {"n": wording.hours(rule.longest)},
    ]
