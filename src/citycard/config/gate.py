"""The readers' gate as ASGI servers load it: ``citycard.config.gate:application``."""

import gc
import os
import sys

gc.disable()  # nothing that is loaded here is garbage; looking for some takes a sixth of the start

import django  # noqa: E402 - loaded without looking for garbage

from citycard.config import limits  # noqa: E402 - as above

limits.say_process("gate")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")
# All that the gate asks is a few hundred look-ups by index. Plans are kept as long as a connection
# lives, and one made while the tables were small must not walk them when they are large.
os.environ.setdefault(
    "PGOPTIONS", "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
)
# Each of its few threads keeps a connection: one that breaks is noticed and replaced at once.
os.environ["CITYCARD_DB_POOL"] = "0"
django.setup()

from citycard.portals.gate.app import Gate  # noqa: E402 - Django must be set up first

application = Gate()
# A writer that the database answered gets its turn at once, not when the loop has time.
sys.setswitchinterval(0.0005)
gc.freeze()  # what was loaded stays as long as the process does
gc.enable()
