"""The journal: what happened, written with the change itself, and the cursors of those who follow
it.

A context announces events inside its unit of work. Each subscriber (one table,
``flows/subscriptions.py``) has a cursor, takes batches in order, re-reads the present state and
commits its effect together with the cursor: each event takes effect exactly once, whatever is
killed when.
"""

from citycard.infra.journal.announcing import announce, announced_together
from citycard.infra.journal.following import (
    Announced,
    Subscriber,
    pump_once,
    pump_until_idle,
    restart,
    subscribe,
    subscribers,
)
from citycard.infra.journal.lagging import Lag, Waiting, lag, waiting
from citycard.infra.journal.restoring import begin_generation, begin_generation_if_restored

__all__ = [
    "Announced",
    "Lag",
    "Subscriber",
    "Waiting",
    "announce",
    "announced_together",
    "begin_generation",
    "begin_generation_if_restored",
    "lag",
    "pump_once",
    "pump_until_idle",
    "restart",
    "subscribe",
    "subscribers",
    "waiting",
]
