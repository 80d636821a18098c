"""Taps, uploaded by an agency's system for its readers: read as the gate reads them, taken by the
one write path for taps."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from citycard.agencies import api as agencies
from citycard.flows import answering_systems as systems
from citycard.flows import tapping
from citycard.infra.web.problems import problem
from citycard.portals.doors import door
from citycard.portals.gate import wire
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import Reader
from citycard.portals.openapi import sandbox
from citycard.portals.openapi.calling import Call, operation
from citycard.portals.openapi.tap_words import remedy_of
from citycard.taps import api as taps


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@operation("taps")
def uploads(call: Call) -> Any:
    """Take taps of the agency's readers, whole or not at all, and answer each."""
    said = call.said["taps"]
    readers = _readers(call)
    read, bad = _read(said, readers)
    if bad:
        return problem(
            call.request,
            status=422,
            code="openapi.bad_taps",
            title=_("這一批沒有收下"),
            detail=_("%(n)s 筆有問題；請改正後，整批再送一次。") % {"n": len(bad)},
            taps=bad,
        )
    if call.client.sandbox:
        return {"answers": _tried(call, said, read)}
    good = [one for one in read if isinstance(one, taps.TapRead)]
    taken = iter(tapping.take(reads=good, now=call.now))
    answers = [
        wire.not_taken(one) if isinstance(one, wire.NotTaken) else wire.tap_answer(one, next(taken))
        for one in read
    ]
    return {"answers": _named(said, answers)}


def _readers(call: Call) -> dict[str, agencies.Device]:
    own = frozenset(call.agencies)
    found = agencies.devices_by_code(codes=sorted({one["reader"] for one in call.said["taps"]}))
    return {code: device for code, device in found.items() if device.agency in own}


def _read(
    said: list[dict[str, Any]], readers: Mapping[str, agencies.Device]
) -> tuple[list[taps.TapRead | wire.NotTaken], list[dict[str, Any]]]:
    """Return the taps as the gate reads them, and which can't be read and why."""
    read: list[taps.TapRead | wire.NotTaken] = []
    bad = []
    for n, one in enumerate(said):
        device = readers.get(one["reader"])
        if device is None:
            bad.append({"number": n + 1, "detail": _("本機關沒有這台設備")})
            continue
        content = json.dumps({name: v for name, v in one.items() if name != "reader"}).encode()
        try:
            read += wire.read_taps(content, as_reader(device))[0]
        except GateProblem as wrong:
            bad.append({"number": n + 1, "detail": remedy_of(wrong)})
    return read, bad


def as_reader(device: agencies.Device) -> Reader:
    """Return a device as the gate reads by it."""
    profile = agencies.reader_profile(code=device.number_profile)
    return Reader(
        device.device_id,
        device.code,
        device.agency,
        device.service,
        profile.issuer,
        profile.number_kind,
        device.state == "active",
        b"",
        epoch=device.epoch,
    )


def _tried(
    call: Call, said: list[dict[str, Any]], read: list[taps.TapRead | wire.NotTaken]
) -> list[dict[str, Any]]:
    """Return what taps would be answered, without points; nothing is kept."""
    answers = []
    for one, tap in zip(said, read, strict=True):
        if isinstance(tap, wire.NotTaken):
            answers.append(wire.not_taken(tap))
            continue
        asked = systems.Question(tap.issuer, tap.number_kind, tap.number)
        told = sandbox.verified(asked)
        if call.is_demo and not sandbox.is_test(asked):
            service = _readers(call)[one["reader"]].service
            told = systems.verify(
                service=service, agencies=call.agencies, questions=[asked], use=call.use,
                actor=call.actor, now=call.now, keep=False,
            )[0]  # fmt: skip
        answers.append({"epoch": tap.epoch, "seq": tap.seq, "code": told.outcome, "points": 0})
    return _named(said, answers)


def _named(said: list[dict[str, Any]], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"reader": one["reader"], **answer} for one, answer in zip(said, answers, strict=True)]
