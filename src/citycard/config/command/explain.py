"""`citycard explain`: what a person may have on a day, and why not the rest."""

import datetime as dt
import json
from typing import Annotated, Any

import typer

from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import out, print_json, stop
from citycard.config.explaining import Explanation, explain_person
from citycard.infra import clock
from citycard.infra.packs import PackError, find_pack
from citycard.infra.packs.finding import current_code
from citycard.rules import api as rules

WRONG_USAGE = 2


def explain(
    person: Annotated[
        str,
        typer.Option(
            help="What is known of the person, as JSON; what is absent or null is not known: "
            '{"birth_on": "1951-03-02", "sex": "f", "statuses": {}}. '
            "A list of statuses says that there are no others.",
            metavar="JSON",
        ),
    ],
    city: City = None,
    on: Annotated[
        dt.datetime | None, typer.Option(help="The day; today without it.", formats=["%Y-%m-%d"])
    ] = None,
    language: Annotated[
        str, typer.Option("--lang", "--language", help="zh-Hant or en.")
    ] = "zh-Hant",
    as_json: AsJson = False,
) -> None:
    """Print what this person may have on a day, and why not the rest.

    Needs no database: only the city's pack and the rules.
    """
    answer = _explain(_facts(person), city or current_code(), on, language)
    if as_json:
        print_json(answer.as_dict())
    else:
        out.print(answer.as_text(), markup=False, soft_wrap=True)


def _explain(
    facts: dict[str, Any], city: str, on: dt.datetime | None, language: str
) -> Explanation:
    try:
        pack = find_pack(city)
        day = on.date() if on else pack.time.day(clock.now())
        return explain_person(pack, facts, on=day, language=language)
    except PackError as error:
        stop(error)
    except rules.BadRule as error:
        stop(f"--person: {error}", code=WRONG_USAGE)


def _facts(text: str) -> dict[str, Any]:
    try:
        facts = json.loads(text)
    except json.JSONDecodeError as wrong:
        stop(f"--person is no JSON: {wrong}", code=WRONG_USAGE)
    if not isinstance(facts, dict):
        stop("--person must be a JSON object.", code=WRONG_USAGE)
    return facts
