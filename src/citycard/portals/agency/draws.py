"""Draws of an activity: announced, committed to once it is over, held by the public number."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.activities import api as activities
from citycard.flows import drawing
from citycard.infra.clock import now
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.agency.campaigns import READS, campaign_line, own_campaign
from citycard.portals.agency.shell import page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language

PRIZES = (1, 2, 3)


class DrawForm(forms.Form):
    """The terms of a draw; they never change once it is announced."""

    name_zh = forms.CharField(label=gettext_lazy("抽獎名稱（中文）"), max_length=40)
    name_en = forms.CharField(label=gettext_lazy("抽獎名稱（英文）"), max_length=60)
    counts = forms.ChoiceField(
        label=gettext_lazy("籤數怎麼算"),
        choices=[("taps", gettext_lazy("依參加次數")), ("points", gettext_lazy("依獲得點數"))],
        widget=forms.RadioSelect,
    )
    each = forms.IntegerField(
        label=gettext_lazy("每幾次（點）得一籤"), min_value=1, max_value=1_000_000
    )
    most = forms.IntegerField(
        label=gettext_lazy("每人最多幾籤"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=gettext_lazy("不填表示不限。"),
    )
    seed_source = forms.CharField(
        label=gettext_lazy("以哪個公開號碼決定得獎"),
        max_length=200,
        help_text=gettext_lazy("必須是抽獎前誰都不知道、之後誰都查得到的號碼，並寫明是哪一期。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in PRIZES:
            self._add_prize(n)

    def _add_prize(self, n: int) -> None:
        options: dict[str, Any] = {"max_length": 60, "required": n == 1}
        self.fields[f"prize{n}_zh"] = forms.CharField(
            label=_("獎項 %(n)s（中文）") % {"n": n}, **options
        )
        self.fields[f"prize{n}_en"] = forms.CharField(
            label=_("獎項 %(n)s（英文）") % {"n": n}, **options
        )
        self.fields[f"prize{n}_count"] = forms.IntegerField(
            label=_("獎項 %(n)s 名額") % {"n": n},
            min_value=1,
            max_value=10_000,
            required=n == 1,
        )

    def clean(self) -> dict[str, Any]:
        """Ask for all three of a prize that is begun."""
        found: dict[str, Any] = super().clean() or {}
        for n in PRIZES[1:]:
            parts = [f"prize{n}_{part}" for part in ("zh", "en", "count")]
            given = [name for name in parts if found.get(name)]
            for name in parts:
                if given and name not in given and name not in self.errors:
                    self.add_error(name, _("請把這個獎項填完整，或全部留空。"))
        return found

    def new_draw(self, campaign_id: int) -> activities.NewDraw:
        """Return what was filled in as a draw to announce."""
        given = self.cleaned_data
        return activities.NewDraw(
            campaign_id=campaign_id,
            names=Text(zh=given["name_zh"], en=given["name_en"]),
            counts=given["counts"],
            each=given["each"],
            most=given["most"],
            prizes=[_prize(given, n) for n in PRIZES if given.get(f"prize{n}_zh")],
            seed_source=given["seed_source"],
        )


def _prize(given: Mapping[str, Any], n: int) -> activities.Prize:
    names = Text(zh=given[f"prize{n}_zh"], en=given[f"prize{n}_en"])
    return activities.Prize(names=names, count=given[f"prize{n}_count"])


@door(roles={"organiser"})
def announce(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Announce a draw among those who take part in an activity."""
    found = own_campaign(request, campaign_id)
    form = DrawForm(request.POST if request.method == "POST" else None, initial=_usual())
    if form.is_bound and form.is_valid():
        try:
            with unit_of_work():
                made = activities.announce_draw(
                    new=form.new_draw(found.id), actor=actor_of(request), now=now()
                )
        except Refused as no:
            form.add_error(None, refusal_text(no))
        else:
            return HttpResponseRedirect(reverse("agency:draw", args=[made.id]))
    status = 422 if form.is_bound else 200
    return page(request, "draw_new", status=status, form=form, **campaign_line(found))


@door(roles=READS)
def draw(request: HttpRequest, draw_id: int) -> HttpResponse:
    """Show how a draw stands."""
    return _draw_page(request, draw_id)


@door(roles={"organiser"})
def change(request: HttpRequest, draw_id: int) -> HttpResponse:
    """Commit to the entries, or hold the draw by the public number."""
    found = activities.draw(draw_id=draw_id)
    own_campaign(request, found.campaign_id)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    try:
        if wanted == "commit":
            drawing.commit(draw_id=draw_id, actor=actor_of(request), now=now())
            messages.success(request, _("籤數已鎖定並公開。"))
        elif wanted == "hold":
            seed = request.POST.get("seed", "")
            drawing.hold(draw_id=draw_id, seed=seed, actor=actor_of(request), now=now())
            messages.success(request, _("抽獎完成，已通知得獎者。"))
    except Refused as no:
        return _draw_page(request, draw_id, status=422, refused=refusal_text(no))
    return HttpResponseRedirect(reverse("agency:draw", args=[draw_id]))


def terms(found: activities.Draw) -> list[tuple[str, str]]:
    """Return a draw's terms as (label, value)."""
    unit = _("次參加") if found.counts == "taps" else _("點")
    most = _("，每人最多 %(n)s 籤") % {"n": f"{found.most:,}"} if found.most else ""
    rule = _("每 %(n)s %(unit)s得一籤") % {"n": f"{found.each:,}", "unit": unit}
    return [
        (_("籤數"), f"{rule}{most}"),
        (_("獎項"), "、".join(prize_words(prize) for prize in found.prizes)),
        (_("決定得獎的號碼"), found.seed_source),
    ]


def prize_words(prize: activities.Prize) -> str:
    """Name a prize with how many there are."""
    return _("%(name)s %(n)s 名") % {"name": in_language(prize.names), "n": f"{prize.count:,}"}


def _draw_page(request: HttpRequest, draw_id: int, status: int = 200, **facts: Any) -> HttpResponse:
    found = activities.draw(draw_id=draw_id)
    campaign = own_campaign(request, found.campaign_id)
    won = activities.winners(draw_id=draw_id)
    return page(
        request,
        "draw",
        status=status,
        **campaign_line(campaign),
        draw=found,
        draw_name=in_language(found.names),
        terms=terms(found),
        may_commit=not campaign.gives_at(now()) and campaign.starts_at <= now(),
        winners=[(one, in_language(found.prize_of(one.place).names)) for one in won],
        **facts,
    )


def _usual() -> dict[str, Any]:
    rule = current_pack().table("activities")["draws"]
    return {
        "counts": rule["counts"],
        "each": rule["each"],
        "most": rule.get("most"),
        "seed_source": in_language(rule["seed_source"]),
    }
