"""Activities of a demo city: the pack's presets, open and with readers."""

import datetime as dt

from citycard.activities import api as activities
from citycard.infra.packs import Text
from citycard.simulation.world import BUILDER, World


def open_campaigns(world: World, now: dt.datetime) -> None:
    """Set up and open each preset activity, from the city's first day on."""
    for code, preset in world.pack.table("activities")["presets"].items():
        devices = [
            reader.device_id
            for reader in world.readers
            if reader.service == preset["service"] and reader.place in preset["places"]
        ]
        campaign = activities.create_campaign(
            new=activities.NewCampaign(
                code=code,
                agency=preset["agency"],
                names=Text.read(preset["name"]),
                unit=preset["unit"],
                points_per_tap=preset["points_per_tap"],
                per_person_cap=preset["per_person_cap"],
                per_day_cap=preset.get("per_day_cap"),
                budget=preset["budget"],
                starts_at=world.at(world.first_day, 0),
                ends_at=world.at(world.first_day + dt.timedelta(weeks=preset["weeks"]), 0),
                residents_only=preset["residents_only"],
                devices=devices,
                trigger=preset.get("trigger", ""),
            ),
            actor=BUILDER,
            now=now,
        )
        activities.open_campaign(campaign_id=campaign.id, actor=BUILDER, now=now)
