"""Setting up an activity in three steps, with the resident's view of it beside them."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.infra.clock import now, today
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.agency import campaign_forms as parts
from citycard.portals.agency.shell import agency_of, own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

STEPS = (parts.NameForm, parts.PointsForm, parts.ReadersForm)
DRAFT = "agency.campaign"


@door(roles={"organiser"})
def start(request: HttpRequest) -> HttpResponse:
    """Choose how to begin: from a ready-made activity, or from nothing."""
    presets = parts.presets_of(own_agencies(request))
    if request.method == "POST":
        chosen = request.POST.get("preset", "")
        draft = (
            parts.draft_from(presets[chosen], code=chosen, on=today()) if chosen in presets else {}
        )
        request.session[DRAFT] = draft
        return HttpResponseRedirect(reverse("agency:campaign_step", args=[1]))
    shown = [(code, in_language(row["name"]), row) for code, row in presets.items()]
    return page(request, "campaign_start", presets=shown)


@door(roles={"organiser"})
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Show or take one step."""
    if not 1 <= number <= len(STEPS):
        return HttpResponseRedirect(reverse("agency:campaign_check"))
    draft = request.session.get(DRAFT, {})
    form = _form(request, number, draft, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        request.session[DRAFT] = {**draft, **form.kept()}
        return HttpResponseRedirect(
            reverse("agency:campaign_step", args=[number + 1])
            if number < len(STEPS)
            else reverse("agency:campaign_check")
        )
    return page(
        request,
        "campaign_step",
        status=422 if form.is_bound else 200,
        form=form,
        number=number,
        steps=_step_names(),
        seen=_as_seen(draft),
        back=reverse("agency:campaign_step", args=[number - 1]) if number > 1 else "",
    )


@door(roles={"organiser"})
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """Draw the resident's view of what is being typed; nothing is kept."""
    draft = request.session.get(DRAFT, {})
    if 1 <= number <= len(STEPS):
        form = _form(request, number, draft, request.POST)
        form.is_valid()
        draft = {**draft, **form.kept()}
    return page(request, "campaign_seen", seen=_as_seen(draft))


@door(roles={"organiser"})
def check(request: HttpRequest) -> HttpResponse:
    """Show all answers, and create the activity when asked to."""
    draft = request.session.get(DRAFT, {})
    unfinished = next((n for n in (1, 2, 3) if not _is_complete(request, n, draft)), None)
    if unfinished:
        return HttpResponseRedirect(reverse("agency:campaign_step", args=[unfinished]))
    refused = ""
    if request.method == "POST":
        try:
            made = _create(request, draft)
        except Refused as no:
            refused = refusal_text(no)
        else:
            del request.session[DRAFT]
            return HttpResponseRedirect(reverse("agency:campaign", args=[made.id]))
    return page(
        request,
        "campaign_check",
        status=422 if refused else 200,
        rows=_rows(request, draft),
        seen=_as_seen(draft),
        refused=refused,
        steps=_step_names(),
    )


def _create(request: HttpRequest, draft: dict[str, Any]) -> activities.Campaign:
    new = activities.NewCampaign(
        code=draft["code"],
        agency=agency_of(request),
        names=Text(zh=draft["name_zh"], en=draft["name_en"]),
        unit=parts.unit_of(draft),
        points_per_tap=draft["points_per_tap"],
        per_person_cap=draft["per_person_cap"],
        per_day_cap=draft.get("per_day_cap"),
        budget=draft["budget"],
        starts_at=parts.midnight(draft["starts_on"]),
        ends_at=parts.midnight(draft["ends_on"], after=True),
        devices=[int(device) for device in draft.get("devices", ())],
        residents_only=bool(draft.get("residents_only")),
    )
    with unit_of_work():
        return activities.create_campaign(new=new, actor=actor_of(request), now=now())


def _form(request: HttpRequest, number: int, draft: dict[str, Any], data: Any) -> parts.StepForm:
    options: dict[str, Any] = {"initial": parts.initial_of(draft)}
    if STEPS[number - 1] is parts.ReadersForm:
        readers = _readers(request)
        options["readers"] = readers
        if "devices" not in draft:
            wanted = draft.get("places", ())
            chosen = [str(one.device_id) for one in readers if one.place in wanted]
            options["initial"] = {**options["initial"], "devices": chosen}
    return STEPS[number - 1](data, **options)


def _readers(request: HttpRequest) -> list[agencies.Device]:
    return [
        device
        for agency in own_agencies(request)
        for device in agencies.devices(agency=agency)
        if device.state == "active"
        and device.kind in ("reader", "counter")
        and device.service == "activity"
    ]


def _is_complete(request: HttpRequest, number: int, draft: dict[str, Any]) -> bool:
    if STEPS[number - 1] is parts.ReadersForm:
        return "devices" in draft
    return _form(request, number, draft, draft_as_data(draft)).is_valid()


def draft_as_data(draft: dict[str, Any]) -> dict[str, Any]:
    """Return a draft as if it had been posted, for checking it again as a whole."""
    return {name: value for name, value in draft.items() if value not in (None, False)}


def _as_seen(draft: dict[str, Any]) -> dict[str, Any]:
    """Return what a resident would see of the draft; what is missing is shown as missing."""
    names = {"zh-Hant": draft.get("name_zh", ""), "en": draft.get("name_en", "")}
    seen = {**parts.initial_of(draft), "name": in_language(names)}
    seen["unit"] = parts.unit_name(parts.unit_of(draft))
    tap, person = draft.get("points_per_tap"), draft.get("per_person_cap")
    seen["taps_to_full"] = -(-person // tap) if tap and person else None
    return seen


def _rows(request: HttpRequest, draft: dict[str, Any]) -> list[tuple[Any, ...]]:
    seen = _as_seen(draft)
    readers = {str(one.device_id): one for one in _readers(request)}
    chosen = [readers[code] for code in draft.get("devices", ()) if code in readers]
    urls = [reverse("agency:campaign_step", args=[n]) for n in (1, 2, 3)]
    period = f"{seen['starts_on']:%Y-%m-%d} – {seen['ends_on']:%Y-%m-%d}"
    return [
        (_("活動名稱"), f"{draft['name_zh']} · {draft['name_en']}", urls[0]),
        (_("活動代碼"), draft["code"], urls[0]),
        (_("期間"), period, urls[0]),
        (_("點數種類"), seen["unit"], urls[1]),
        (_("每次刷卡"), _("%(n)s 點") % {"n": f"{draft['points_per_tap']:,}"}, urls[1]),
        (_("每人每日上限"), _cap(draft.get("per_day_cap")), urls[1]),
        (_("每人上限"), _cap(draft["per_person_cap"]), urls[1]),
        (_("預算"), _cap(draft["budget"]), urls[1]),
        (_("對象"), _("設籍本市") if draft.get("residents_only") else _("不限設籍"), urls[1]),
        (
            _("讀卡設備"),
            "、".join(f"{name_of('place', it.place)}" for it in chosen) or _("之後再加"),
            urls[2],
        ),
    ]


def _cap(points: int | None) -> str:
    return _("%(n)s 點") % {"n": f"{points:,}"} if points else _("不限")


def _step_names() -> list[str]:
    return [str(form.title) for form in STEPS] + [_("確認")]
