"""Cards, asked about by agencies' systems: conversion to the agency's own number, and whether a
card is good for a service."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from citycard.flows import answering_systems as systems
from citycard.portals.doors import door
from citycard.portals.openapi import sandbox, tokens
from citycard.portals.openapi.calling import Call, operation

Answer = TypeVar("Answer", systems.Verified, systems.ConvertedCode)


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@operation("conversions")
def conversions(call: Call) -> Any:
    """Answer the agency's own number of each card's holder, and how it serves it."""
    answers = _answered(call, systems.convert, sandbox.converted)
    return {"answers": [_conversion(one) for one in answers]}


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@operation("verifications", keeps="answer")
def verifications(call: Call) -> Any:
    """Answer whether each card is good for a service, with the least that serves."""
    answers = _answered(call, systems.verify, sandbox.verified)
    service = call.said["service"]
    if call.said.get("format") == "sd-jwt":
        told = [tokens.answer(one, service=service, client=call.client, now=call.now)
                for one in answers]  # fmt: skip
        return {
            "answers": [
                {**_verification(one), "token": t} for one, t in zip(answers, told, strict=True)
            ]
        }
    return {"answers": [_verification(one) for one in answers]}


def question(said: dict[str, Any]) -> systems.Question:
    """Return a card as a system named it: by one of its numbers, or by a code from a phone."""
    if "code" in said:
        return systems.Question("", "virtual_code", said["code"])
    return systems.Question(said["issuer"], said["number_kind"], said["number"])


def _answered(
    call: Call,
    ask: Callable[..., list[Answer]],
    in_sandbox: Callable[[systems.Question], Answer],
) -> list[Answer]:
    questions = [question(one) for one in call.said["cards"]]

    def asked(these: Sequence[systems.Question]) -> list[Answer]:
        return ask(
            service=call.said["service"],
            agencies=call.agencies,
            questions=these,
            use=call.use,
            actor=call.actor,
            now=call.now,
            keep=not call.client.sandbox,
        )

    if not call.client.sandbox:
        return asked(questions)
    places = sandbox.real_places(questions, is_demo=call.is_demo)
    real = dict(zip(places, asked([questions[n] for n in places]), strict=True))
    return [real.get(n) or in_sandbox(one) for n, one in enumerate(questions)]


def _conversion(one: systems.ConvertedCode) -> dict[str, Any]:
    if one.agency_number is None:
        return {"code": one.outcome}
    return {"code": one.outcome, "agency_number": one.agency_number, "status": one.status}


def _verification(one: systems.Verified) -> dict[str, Any]:
    return {
        "valid": one.valid,
        "code": one.outcome,
        **({"answer": one.answer} if one.valid else {}),
    }
