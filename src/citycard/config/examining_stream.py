"""The doctor's look at the broker, where readers send taps through one."""

import asyncio
import os

from citycard.config.symptoms import Symptom, above

WAITING_WARN, WAITING_FAIL = 1_000, 100_000
ADDRESS = "CITYCARD_STREAM_URL"


def check_stream() -> list[Symptom]:
    """Ask the broker what waits, whether somebody takes it, and what was put aside."""
    if not os.environ.get(ADDRESS):
        return []
    try:
        from citycard.portals.gate import broker
    except ImportError:
        says = f"{ADDRESS} is set, and its client is missing: pip install 'citycard[stream]'"
        return [Symptom(name="stream", state="fail", says=says)]
    try:
        found = asyncio.run(broker.state())
    except Exception as why:  # noqa: BLE001 - whatever a broker that is away raises
        says = f"the broker did not answer: {why or type(why).__name__}"
        return [Symptom(name="stream", state="fail", says=says)]
    if not found.asking and found.under_way < broker.MOST_UNDER_WAY:
        says = f"{found.waiting} messages wait, and nobody takes them: citycard stream"
        return [Symptom(name="stream", state="fail", says=says)]
    taken = f"{found.waiting} messages wait, {found.under_way} under way"
    symptoms = [
        Symptom(name="stream", state=above(found.waiting, WAITING_WARN, WAITING_FAIL), says=taken)
    ]
    if found.refused:
        says = f"{found.refused} messages could not be taken: citycard stream --refused"
        symptoms.append(Symptom(name="stream", state="warn", says=says))
    return symptoms
