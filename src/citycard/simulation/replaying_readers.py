"""Readers of a replay, and the activities that theirs serve: enrolled once, found again by code."""

import datetime as dt
from collections.abc import Mapping

import numpy as np

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.simulation.replaying_plan import WRITERS, Line, Plan, Whole
from citycard.simulation.world import BUILDER

Readers = Mapping[int, list[Whole]]
"""Line → writer → ids of its readers, in their order."""
_LONG = dt.timedelta(days=60)


def enrol(plan: Plan) -> None:
    """Enrol the readers of every line, and open the activities that give points for taps."""
    wanted = [
        _device(plan, line, writer, n)
        for line in plan.lines
        for writer in range(WRITERS)
        for n in range(line.readers)
    ]
    with unit_of_work():
        made = agencies.enrol_devices(devices=wanted, actor=BUILDER, now=plan.opening)
        for one in made:
            assert one.device_id is not None, f"{one.code}: {one.refusal}"
        found = readers_of(plan)
        for line in plan.lines:
            if line.points is not None:
                _give_points(plan, line, np.concatenate(found[line.place]).tolist())


def readers_of(plan: Plan) -> Readers:
    """Return the enrolled readers of every line; those of lines without any are missing."""
    ids = {one.code: one.device_id for one in agencies.devices()}
    return {
        line.place: [
            np.array([ids[_code(line, writer, n)] for n in range(line.readers)], np.int64)
            for writer in range(WRITERS)
        ]
        for line in plan.lines
        if _code(line, 0, 0) in ids
    }


def _code(line: Line, writer: int, n: int) -> str:
    return f"REPLAY-{line.service}-{writer}-{n:03d}".upper()


def _device(plan: Plan, line: Line, writer: int, n: int) -> agencies.NewDevice:
    """Return a reader; where the pack has places that serve the line, it stands at one of them."""
    at = [
        (code, row["agency"])
        for code, row in plan.pack.table("places")["places"].items()
        if line.service in row["serves"]
    ]
    owner = plan.pack.table("services")["services"][line.service]["agency"]
    place, agency = at[(n * WRITERS + writer) % len(at)] if at else ("", owner)
    return agencies.NewDevice(
        code=_code(line, writer, n),
        kind="reader",
        agency=agency,
        place=place,
        service=line.service,
        number_profile=f"{plan.issuer}_{plan.number_kind}",
    )


def _give_points(plan: Plan, line: Line, devices: list[int]) -> None:
    assert line.points is not None, "only lines with points are asked"
    campaign = activities.create_campaign(
        new=activities.NewCampaign(
            code=f"replay-{line.service}",
            agency=line.points["agency"],
            names=Text.read(line.points["name"]),
            unit=line.points["unit"],
            points_per_tap=line.points["each"],
            per_person_cap=10**6,
            budget=2 * line.counted * line.points["each"],
            starts_at=plan.opening,
            ends_at=plan.opening + dt.timedelta(days=plan.days) + _LONG,
            devices=devices,
        ),
        actor=BUILDER,
        now=plan.opening,
    )
    activities.open_campaign(campaign_id=campaign.id, actor=BUILDER, now=plan.opening)
