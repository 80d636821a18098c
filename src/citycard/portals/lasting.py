"""How long something took, in words."""

import datetime as dt
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from citycard.infra.web.wording import hours

_A_MINUTE: Final = dt.timedelta(minutes=1)
_TWO_DAYS: Final = dt.timedelta(days=2)


def lasting(took: dt.timedelta) -> str:
    """Write a measured time: seconds below two minutes, from two days on days and hours."""
    if took < 2 * _A_MINUTE:
        seconds = max(1, round(took.total_seconds()))
        return ngettext("%(n)s 秒", "%(n)s 秒", seconds) % {"n": seconds}
    if took < _TWO_DAYS:
        return hours(round(took / _A_MINUTE))
    return _("%(days)s 天 %(hours)s 小時") % {"days": took.days, "hours": took.seconds // 3600}
