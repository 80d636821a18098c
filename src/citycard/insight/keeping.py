"""Keep what was worked out from the figures until they change. One process keeps it for itself."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.db import connection

from citycard.infra.database import scalar

T = TypeVar("T")
MOST = 1024

_kept: OrderedDict[Hashable, tuple[str, Any]] = OrderedDict()
_lock = threading.Lock()


def until_changed(
    key: Hashable, work_out: Callable[[], T], *, month: dt.date, service: str | None = None
) -> T:
    """Return what was worked out under this key, or work it out where the figures have changed.

    :param month: the month it was worked out from
    :param service: the service it was worked out from; None: all of them
    """
    key = (connection.settings_dict["NAME"], key)
    version = scalar(
        """
        SELECT coalesce(string_agg(version::text, ' ' ORDER BY service), '') FROM insight_cell
        WHERE month = %s AND (%s::text IS NULL OR service = %s)
        """,
        [month, service, service],
    )
    with _lock:
        held = _kept.get(key)
    if held is not None and held[0] == version:
        found: T = held[1]
        return found
    found = work_out()
    with _lock:
        _kept[key] = (version, found)
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found


def forget() -> None:
    """Forget all that this process keeps."""
    with _lock:
        _kept.clear()
