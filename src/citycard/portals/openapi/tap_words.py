"""What to do about a tap that can't be taken, in the language of whoever sent it."""

from django.utils.translation import gettext as _

from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.wire import NotTaken
from citycard.taps import api as taps


def remedy_of(wrong: GateProblem | NotTaken) -> str:
    """Return a sentence that names the field and what belongs there.

    What only a program sends (a ride, a sale, what a device answered) is told as the gate tells it.
    """
    if isinstance(wrong, NotTaken):
        if wrong.code != taps.Code.READER_REVOKED:
            return wrong.detail
        facts: dict[str, object] = {"epoch": wrong.epoch}
        return _("epoch %(epoch)s 還沒有開始：請填這台設備目前的 epoch。") % facts
    facts = {"field": wrong.field, **wrong.facts}
    if wrong.field == "at":
        return _("at 請填帶時區的時間，例如 2026-11-21T08:30:00+08:00。")
    if "least" in wrong.facts:
        return _("%(field)s 請填 %(least)s 到 %(most)s 的整數。") % facts
    if wrong.field:
        return _("%(field)s 請填 1 到 %(most)s 個可見字元。") % facts
    return wrong.detail
