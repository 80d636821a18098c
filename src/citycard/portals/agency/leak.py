"""What a late switch-off costs: a year under three policies, from the pack's figures."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from citycard.infra.packs import current_pack
from citycard.infra.web import charts, wording
from citycard.insight import api as insight
from citycard.portals.agency.shell import page
from citycard.portals.doors import door
from citycard.portals.mass_change_words import right_names


@door(roles={"officer", "finance"})
def leak(request: HttpRequest) -> HttpResponse:
    """Show what leaks when registers are followed every 180, 30 or 1 days."""
    row = current_pack().table("pack").get("register_feed", {}).get("leak")
    if row is None:
        return page(request, "leak", figures=[])
    inputs = insight.LeakInputs.read(row)
    found = insight.leak_figures(inputs=inputs)
    return page(
        request,
        "leak",
        inputs=inputs,
        right=right_names().get(inputs.right, inputs.right),
        figures=found,
        chart=charts.bars(
            _("一年可能多付的金額"),
            [(_every(one.every_days), one.ntd_possible) for one in found],
            unit=_("元"),
            label=_("多久核對一次"),
            about=_("遷出之後到停用之前，仍可領用的補助，全市一年。"),
        ),
        reported=wording.number(inputs.reported_ntd_a_year or 0),
    )


def _every(days: int) -> str:
    return _("每天") if days == 1 else _("每 %(days)s 天") % {"days": days}
