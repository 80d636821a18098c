"""The kiosk's screens, rendered for its agent: one sentence, one picture, two large buttons.

The agent says which stage it is at and what it knows; the page's forms go back to the agent. A
stage that must work without us (``offline``, ``resumed`` …) is asked for ahead and kept by the
agent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from citycard.infra.packs import current_pack
from citycard.infra.web.refusals import say
from citycard.kernel.errors import Refused
from citycard.portals.doors import ANYONE, door
from citycard.portals.kiosk import wire
from citycard.portals.naming import name_of

STEPS = (_("放上卡片"), _("選擇點數"), _("完成"))
STAGES: Mapping[str, int] = {
    "welcome": 1,
    "reading": 1,
    "choose": 2,
    "confirm": 2,
    "writing": 3,
    "done": 3,
    "refused": 2,
    "taken_away": 3,
    "resumed": 3,
    "settled_later": 3,
    "given_back": 3,
    "unclear": 3,
    "offline": 1,
    "not_enrolled": 1,
}
"""Each stage and the step that it belongs to."""

Language = Literal["zh-hant", "en"]
_LIMITS: Mapping[str, str] = {
    "no_points": "kiosk.no_points",
    "purse_full": "kiosk.purse_full",
    "day_limit": "kiosk.day_limit",
    "busy": "redemptions.card_busy",
    "each_time": "kiosk.no_points",
}


@dataclass(frozen=True, kw_only=True)
class TrayCard:
    """A demo card beside the pad: what the simulated writer may be given."""

    id: str
    label: str
    tail: str
    purse: int
    art: str
    on_pad: bool


@require_GET
@door(roles=ANYONE)
def about(request: HttpRequest) -> HttpResponse:
    """Say where kiosks are; the screen itself is at the kiosk."""
    return render(request, "kiosk/about.html")


@csrf_exempt
@require_POST
@door(roles={"kiosk"})
def screen(request: HttpRequest) -> HttpResponse:
    """Render the screen of a stage."""
    device, body = wire.device_of(request), wire.body_of(request)
    stage = wire.text(body, "stage")
    if stage not in STAGES:
        raise wire.NotUnderstood(field="stage", expected=", ".join(STAGES))
    language = "en" if body.get("language") == "en" else "zh-hant"
    with translation.override(language):
        context = {
            "stage": stage,
            "language": language,
            "big": body.get("text") == "big",
            "cc_text": "big" if body.get("text") == "big" else "normal",
            "version": wire.whole(body, "version"),
            "steps": [str(step) for step in STEPS],
            "step": STAGES[stage],
            "place": name_of("place", device.place),
            "unit": _unit(),
            "seconds": body.get("seconds"),
            "seconds_in_all": body.get("seconds_in_all"),
            "card": _facts(body, "card"),
            "offer": _facts(body, "offer"),
            "chosen": _facts(body, "chosen"),
            "said": _said(body),
            "tray": _tray(body),
            "card_on_pad": bool(body.get("card_on_pad")),
        }
        return render(request, f"kiosk/{stage}.html", context)


def _facts(body: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    facts = body.get(field) or {}
    if not isinstance(facts, dict):
        raise wire.NotUnderstood(field=field, expected="an object")
    return facts


def _said(body: Mapping[str, Any]) -> Any:
    """Put a refusal that the agent was told by code and facts into the screen's language."""
    told = _facts(body, "refusal")
    if not told:
        return None
    refusal = Refused(**{str(k): v for k, v in _facts(told, "facts").items()})
    code = wire.text(told, "code")
    refusal.code = _LIMITS.get(code, code)  # type: ignore[misc]  # a refusal told from afar
    return say(refusal)


def _tray(body: Mapping[str, Any]) -> list[TrayCard]:
    cards = body.get("tray") or []
    language = translation.get_language() or "zh-hant"
    return [
        TrayCard(
            id=wire.text(card, "id"),
            label=str(card.get("label_en" if language == "en" else "label", "")),
            tail=wire.text(card, "number")[-4:],
            purse=wire.whole(card, "purse"),
            art=wire.text(card, "kind", default=""),
            on_pad=bool(card.get("on_pad")),
        )
        for card in cards
    ]


def _unit() -> str:
    """Return what points are called that become stored value here."""
    conversions = current_pack().table("points")["conversions"]
    first = next(iter(conversions.values()), None)
    return name_of("unit", first["unit"]) if first else ""
