"""Readers, kiosks and staff of a demo city, and the personas that its log-in page offers."""

import datetime as dt
import json
import os
import secrets
from pathlib import Path
from typing import Any

from citycard.agencies import api as agencies
from citycard.identity import api as identity
from citycard.simulation.world import BUILDER, Reader, World

KIOSK_SERVICE = "kiosk"
PROXY = "SIP2-"


def equip(world: World, keys: Path, now: dt.datetime) -> None:
    """Enrol a reader for each service of each place (and each medium), and the kiosks.

    Keys are shown once; those of a demo go into a file beside the city's own keys, from which the
    kiosk's agent and the reference reader take them.
    """
    wanted = [*_readers(world), *_kiosks(world), *_library_proxies(world)]
    enrolled = agencies.enrol_devices(devices=[new for new, _ in wanted], actor=BUILDER, now=now)
    kept: dict[str, dict[str, str]] = {}
    for (new, district), device in zip(wanted, enrolled, strict=True):
        assert device.device_id is not None, f"{device.code}: {device.refusal}"
        kind = "library" if new.code.startswith(PROXY) else new.kind
        kept[device.code] = {"key": str(device.key), "kind": kind, "place": new.place}
        if kind == "reader":
            issuer, _, number_kind = new.number_profile.partition("_")
            world.readers.append(
                Reader(
                    device_id=device.device_id,
                    place=new.place,
                    agency=new.agency,
                    district=district,
                    service=new.service,
                    issuer=issuer,
                    number_kind=number_kind,
                )
            )
    _keep(keys, kept)


def hire(world: World, now: dt.datetime) -> None:
    """Take on the staff among the personas, and a clerk at every other counter."""
    table = world.pack.table("personas")["personas"]
    staffed = set()
    for code, persona in table.items():
        if persona["kind"] == "staff":
            post = persona["staff"]
            staffed.add(post.get("counter"))
            identity.register_persona(code=code, account_id=_take_on(world, post, code, now))
    for code, counter in world.pack.table("counters")["counters"].items():
        if code not in staffed:
            agencies.add_staff(
                username=f"clerk-{code}",
                display_name=str(counter["name"]["zh-Hant"]),
                agency=counter["agency"],
                counter=code,
                roles=["clerk"],
                actor=BUILDER,
                now=now,
            )


def _take_on(world: World, post: dict[str, Any], code: str, now: dt.datetime) -> int:
    name = world.pack.table("personas")["personas"][code]["name"]["zh-Hant"]
    staff_id = agencies.add_staff(
        username=post["username"],
        display_name=str(name),
        agency=post["agency"],
        counter=post.get("counter"),
        roles=post["roles"],
        actor=BUILDER,
        now=now,
    )
    opened = identity.open_staff_account(
        staff_id=staff_id, password=secrets.token_urlsafe(24), actor=BUILDER, now=now
    )
    return opened.account_id


def _readers(world: World) -> list[tuple[agencies.NewDevice, str]]:
    media = {
        row["issuer"]: row
        for row in world.pack.table("cards")["media"].values()
        if row.get("stored_value")
    }
    return [
        (
            agencies.NewDevice(
                code=f"{place}-{service}-{issuer}-{number}".upper(),
                kind="reader",
                agency=row["agency"],
                place=place,
                service=service,
                number_profile=f"{issuer}_{media[issuer]['shown']}",
            ),
            str(row.get("district", "")),
        )
        for place, row in world.pack.table("places")["places"].items()
        for service in row["serves"]
        for issuer in media
        for number in range(1, int(row.get("readers", 1)) + 1)
    ]


def _kiosks(world: World) -> list[tuple[agencies.NewDevice, str]]:
    media = world.pack.table("cards")["media"]
    return [
        (
            agencies.NewDevice(
                code=code.upper(),
                kind="kiosk",
                agency=row["agency"],
                place=code,
                service=KIOSK_SERVICE,
                number_profile=f"{media[row['writes'][0]]['issuer']}_{media[row['writes'][0]]['shown']}",
            ),
            str(row.get("district", "")),
        )
        for code, row in world.pack.table("kiosks")["kiosks"].items()
    ]


def _library_proxies(world: World) -> list[tuple[agencies.NewDevice, str]]:
    """Return a proxy for each library: a reader of its service, before its own system."""
    services = world.pack.table("services")["services"]
    kinds = world.pack.table("agencies")["agencies"]
    found: dict[str, tuple[str, str]] = {}
    for place, row in world.pack.table("places")["places"].items():
        for service in row["serves"]:
            is_library = kinds[row["agency"]]["kind"] == "library"
            if is_library and "agency_number" in services[service]["answers"]:
                found.setdefault(str(row["agency"]), (place, service))
    return [
        (
            agencies.NewDevice(
                code=f"{PROXY}{agency}".upper(),
                kind="reader",
                agency=agency,
                place=place,
                service=service,
                number_profile=_first_profile(world),
            ),
            "",
        )
        for agency, (place, service) in found.items()
    ]


def _first_profile(world: World) -> str:
    media = world.pack.table("cards")["media"].values()
    first = next(row for row in media if row.get("stored_value"))
    return f"{first['issuer']}_{first['shown']}"


def _keep(keys: Path, kept: dict[str, dict[str, str]]) -> None:
    keys.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(keys, flags, 0o600), "w", encoding="utf-8") as file:
        json.dump(kept, file, ensure_ascii=False, indent=1)
