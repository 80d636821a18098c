"""What a device answered by itself, as it goes over the wire. Pure: values only.

``{"code": "accepted", "snapshot": 17}``, with ``points`` where it took some as payment and
``profile`` where it took the card for a class.
"""

from collections.abc import Mapping
from typing import Any

from citycard.portals.gate.problems import GateProblem
from citycard.taps import api as taps

_LONGEST = 32
_NUMBERS: Mapping[str, int] = {"points": 100_000, "snapshot": 2**31 - 1}
_WORDS = ("code", "profile")


def read_answered(said: Any, where: str) -> taps.AnsweredPart:
    """Return what a device answered.

    :param where: how the request names the part, such as ``taps[3].answered``
    :raises GateProblem: a field is missing, unknown or not as it should be
    """
    if not isinstance(said, dict) or "code" not in said:
        raise _bad(f"{where} must be an object with the code that was answered.")
    for name, value in said.items():
        if name in _WORDS:
            if not (isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()):
                raise _bad(f"{where}.{name} must be a text of up to {_LONGEST} characters.")
        elif name not in _NUMBERS:
            raise _bad(f"{where}.{name[:32]} is no field of what was answered.")
        elif type(value) is not int or not 0 <= value <= _NUMBERS[name]:
            raise _bad(f"{where}.{name} must be a whole number from 0 to {_NUMBERS[name]}.")
    return taps.AnsweredPart(**said)


def _bad(detail: str) -> GateProblem:
    return GateProblem(422, "bad_field", detail)
