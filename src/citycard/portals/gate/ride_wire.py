"""The ride part of a tap, as it goes over the wire. Pure: values only.

``{"leg": "out", "operator": "ty-bus", "route": "5053", "stop": "S17", "metres": 8200,
"charged_ntd": 12}``. A part that can't be right refuses its own tap and no other.
"""

from collections.abc import Mapping
from typing import Any, get_args

from citycard.taps import api as taps

LONGEST_CODE = 32
LEGS: tuple[taps.Leg, ...] = get_args(taps.Leg)
_CODES = ("operator", "route", "stop", "vehicle", "ticket")
_NUMBERS: Mapping[str, tuple[int, int]] = {
    "metres": (0, 2_000_000),
    "fare_ntd": (0, 100_000),
    "charged_ntd": (0, 100_000),
    "missed_ntd": (0, 100_000),
    "points_taken": (0, 100_000),
    "purse_after_ntd": (-1_000, 100_000),
}
_NEVER_UNKNOWN = {"charged_ntd", "missed_ntd", "points_taken"}


class BadRide(ValueError):
    """What a tap says of its ride can't be right; its text is the sentence for the reader."""


def read_ride(said: Any, where: str) -> taps.RidePart:
    """Return the ride part of a tap.

    :param where: how the request names the part, such as ``taps[3].ride``
    :raises BadRide: a field is missing, unknown or not as it should be
    """
    if not isinstance(said, dict):
        raise BadRide(f"{where} must be an object.")
    for name in said:
        if name not in taps.RidePart._fields:
            raise BadRide(f"{where}.{name[:LONGEST_CODE]} is no field of a ride.")
    if said.get("leg") not in LEGS:
        raise BadRide(f"{where}.leg must be one of {', '.join(LEGS)}.")
    if not said.get("operator"):
        raise BadRide(f"{where}.operator must name who runs the ride.")
    if said["leg"] != "in" and "charged_ntd" not in said:
        raise BadRide(f"{where}.charged_ntd must say what was charged; 0 where nothing was.")
    ride = taps.RidePart(**{name: _value(name, value, where) for name, value in said.items()})
    if ride.missed_ntd > ride.charged_ntd:
        raise BadRide(f"{where}.missed_ntd is a part of charged_ntd and can't be more.")
    return ride


def _value(name: str, value: Any, where: str) -> Any:
    if name in _CODES:
        if isinstance(value, str) and len(value) <= LONGEST_CODE and value.isprintable():
            return value
        raise BadRide(f"{where}.{name} must be a text of up to {LONGEST_CODE} characters.")
    if name not in _NUMBERS or (value is None and name not in _NEVER_UNKNOWN):
        return value
    least, most = _NUMBERS[name]
    if type(value) is int and least <= value <= most:
        return value
    raise BadRide(f"{where}.{name} must be a whole number from {least} to {most}.")
