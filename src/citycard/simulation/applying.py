"""Applications of a demo city, lived in full: filled in, checked, decided, printed, handed over."""

import dataclasses
import datetime as dt
import functools
import io
import random
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image, ImageDraw

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.flows import applying, issuing_cards
from citycard.infra import clock, journal, outbox
from citycard.infra.packs import Pack
from citycard.issuing import api as issuing
from citycard.kernel.actors import Actor
from citycard.rules.api import Verdict
from citycard.simulation.drawing import Person, draw
from citycard.simulation.world import BUILDER, World

APPLICATIONS = 300
_DAYS = 14
_UNDECIDED_DAYS = 2
"""The newest stay in the reviewers' queues, so that there is work to look at."""

_SHARE_ASKED_FOR_MORE = 0.06
_UNPRINTED = 12
_WAITING_FOR_PICKUP = 15


def stock_counters(world: World, now: dt.datetime) -> None:
    """Deliver the opening stock of blank cards to every counter that prints."""
    table = world.pack.table("cards")
    media = {code: row for code, row in table["media"].items() if row.get("stored_value")}
    serial = 0
    for counter, row in world.pack.table("counters")["counters"].items():
        blanks = []
        for n in range(int(row["opening_stock"]) if row["prints"] else 0):
            medium = list(media)[n % len(media)]
            serial += 1
            numbers = {
                kind: _blank_number(str(rule["example"]), serial)
                for kind, rule in media[medium]["numbers"].items()
            }
            blanks.append(issuing.NewBlank(medium=medium, numbers=numbers))
        if blanks:
            issuing.receive_blanks(counter=counter, blanks=blanks, actor=BUILDER, now=now)


def live_applications(world: World, newcomers: Sequence[Person]) -> int:
    """Let some hundred residents apply over two weeks; returns how many applications came in."""
    waiting = list(_applicants(world, newcomers))[:APPLICATIONS]
    each_day = -(-len(waiting) // _DAYS) or 1
    came = 0
    for days_ago in range(_DAYS, 0, -1):
        some, waiting = waiting[:each_day], waiting[each_day:]
        day = world.on - dt.timedelta(days=days_ago)
        with clock.stopped_at(world.at(day, 10)):
            new = [_application(world, person, service) for person, service in some]
            brought = applying.bring_in_many(new=new, actor=BUILDER, now=clock.now())
            refusals = [one.refusal for one in brought if one.refusal is not None]
            assert not refusals, f"a well-filled application was refused: {refusals[0]}"
            came += len(brought)
            _settle()
        if days_ago > _UNDECIDED_DAYS:
            with clock.stopped_at(world.at(day, 15)):
                _decide(world)
                _settle()
            with clock.stopped_at(world.at(day, 16)):
                _print_and_hand_over(world, all_of_them=days_ago > _UNDECIDED_DAYS + 1)
                _settle()
    return came


def strangers_apply(
    *, pack: Pack, count: int, on: dt.date, seed: int
) -> list[applications.NewApplication]:
    """Return whole applications of people whom no register of the demo knows.

    :param seed: another one than the city's, so that they are other people
    """
    chance = random.Random(seed)  # noqa: S311 - a repeatable draw
    world = World(pack=pack, on=on, seed=seed, chance=chance)
    drawn = draw(pack=pack, count=count * 3, on=on, seed=seed)
    adults = [person for person in drawn if person.age(on) >= _ADULT][:count]
    form = applications.form()
    service = next(code for code, row in form.services.items() if not row.own_card)
    return [_application(world, person, service) for person in adults]


def _applicants(world: World, newcomers: Sequence[Person]) -> Iterator[tuple[Person, str]]:
    """Return people and the service each applies for: mostly those whom the law lets have it."""
    form = applications.form()
    services = {code: row for code, row in form.services.items() if not row.own_card}
    held = {card.member_id for card in world.cards}
    without = [
        (person, member_id)
        for person, member_id in zip(world.people, world.member_ids, strict=True)
        if member_id not in held and person.n not in world.persona_of.values()
    ]
    eligible = entitlements.eligibility(
        member_ids=[member_id for _, member_id in without],
        entitlements=sorted({row.entitlement for row in services.values()}),
        on=world.on,
    )
    able = [
        (person, code)
        for person, member_id in without
        for code, row in services.items()
        if eligible[member_id][row.entitlement].verdict is Verdict.YES
        and not row.needs
        and person.age(world.on) >= _ADULT
    ]
    hopeful = [
        (person, next(iter(services))) for person in newcomers if person.age(world.on) >= _ADULT
    ]
    world.chance.shuffle(able)
    chosen = _one_each(able)[: APPLICATIONS * 9 // 10] + hopeful[: APPLICATIONS // 10]
    world.chance.shuffle(chosen)
    yield from chosen


_ADULT = 20


def _one_each(pairs: Sequence[tuple[Person, str]]) -> list[tuple[Person, str]]:
    return list({person.n: (person, code) for person, code in pairs}.values())


def _application(world: World, person: Person, service: str) -> applications.NewApplication:
    form = applications.form()
    counters = [
        code
        for code, row in world.pack.table("counters")["counters"].items()
        if row["prints"] and row["district"] == person.district
    ] or list(world.pack.table("counters")["counters"])
    answers: dict[str, Any] = {
        "name": person.name,
        "id_number": person.id_number,
        "birth_on": person.birth_on.isoformat(),
        "sex": person.sex,
        "district": person.district,
        "phone": f"09{person.n % 100_000_000:08d}",
        "resides_in_city": True,
        "pickup_counter": counters[0],
        "applied_by": "self",
    }
    services = (service,)
    for question in form.asked(services, answers):
        if question.type == "choice" and question.field not in answers:
            choices = list(question.settings["choices"])  # say, the medium where there are two
            answers[question.field] = choices[person.n % len(choices)]
    papers = form.papers_for(services, answers, world.on)
    documents = [(paper, _paper()) for paper, _service in papers]
    if form.services[service].needs_photo:
        documents.append((applications.PHOTO, _portrait(person.n % 6)))
    return applications.NewApplication(
        form=form.code,
        services=services,
        answers=answers,
        documents=tuple(documents),
        counter=counters[0],
        submitted_at=clock.now(),
    )


def _decide(world: World) -> None:
    """Let each agency decide what is in its queue; some residents are asked for more."""
    for agency in sorted({row.agency for row in applications.form().services.values()}):
        reviewer = _reviewer(agency)
        decisions = []
        queue = applications.queue(agency=agency, now=clock.now())
        for row in sorted(queue, key=_whose):
            if world.chance.random() < _SHARE_ASKED_FOR_MORE:
                applying.ask_supplement(
                    part_id=row.part_id,
                    version=row.version,
                    actor=reviewer,
                    now=clock.now(),
                    papers=row.wanted_papers or ("identity-card",),
                    note="影像不清楚，請重新上傳。",
                )
                continue
            decisions.append(
                applications.PartDecision(
                    part_id=row.part_id, decision="approve", version=row.version
                )
            )
        decided = applying.decide_many(decisions=decisions, actor=reviewer, now=clock.now())
        refused = [
            dataclasses.replace(decision, decision="refuse", reason="not_eligible")
            for decision, result in zip(decisions, decided, strict=True)
            if isinstance(result.refusal, applying.RuleSaysNo)
        ]
        applying.decide_many(decisions=refused, actor=reviewer, now=clock.now())


def _print_and_hand_over(world: World, *, all_of_them: bool) -> None:
    """Print what was approved and hand it over; of the last day's, some wait for their people."""
    queued = sorted(
        issuing.waiting_jobs(counter=None, states_shown=[issuing.states.QUEUED]), key=_whose
    )
    for job in queued if all_of_them else queued[_UNPRINTED:]:
        clerk = _clerk(job.counter)
        seen = issuing_cards.preview(print_id=job.print_id, actor=clerk, now=clock.now())
        if not seen.missing_glyphs:
            issuing_cards.print_card(
                print_id=job.print_id, sha256=seen.sha256, actor=clerk, now=clock.now()
            )
    _settle()
    printed = sorted(
        issuing.waiting_jobs(counter=None, states_shown=[issuing.states.PRINTED]), key=_whose
    )
    for job in printed if all_of_them else printed[_WAITING_FOR_PICKUP:]:
        issuing_cards.hand_over(print_id=job.print_id, actor=_clerk(job.counter), now=clock.now())


def _whose(row: applications.QueueRow | issuing.PrintJob) -> int:
    """Sort by person: the same city does the same things in the same order."""
    return row.member_id or 0


@functools.cache
def _reviewer(agency: str) -> Actor:
    return dataclasses.replace(BUILDER, roles=frozenset({"reviewer"}), agency=agency)


@functools.cache
def _clerk(counter: str | None) -> Actor:
    return dataclasses.replace(BUILDER, roles=frozenset({"clerk", "system"}), counter=counter)


@functools.cache
def _paper() -> bytes:
    """Make a page of paper, scanned."""
    page = Image.new("L", (620, 877), 250)
    draw = ImageDraw.Draw(page)
    for line in range(90, 800, 36):
        draw.rectangle((60, line, 240 + line * 7 % 320, line + 8), fill=150)
    kept = io.BytesIO()
    page.save(kept, "PDF")
    return kept.getvalue()


@functools.cache
def _portrait(n: int) -> bytes:
    """Draw a simple portrait, so that cards have a face without being anybody's."""
    picture = Image.new(
        "RGB", (525, 675), ((228, 235, 240), (240, 236, 226), (232, 238, 230))[n % 3]
    )
    draw = ImageDraw.Draw(picture)
    skin, hair, coat = (
        ((241, 205, 175), (52, 44, 40), (62, 92, 118)),
        ((232, 190, 158), (186, 182, 178), (130, 78, 72)),
        ((246, 214, 188), (96, 74, 58), (70, 104, 84)),
    )[n // 2 % 3]
    draw.ellipse((60, 480, 465, 900), fill=coat)
    draw.rectangle((225, 400, 300, 520), fill=skin)
    draw.ellipse((140, 110, 385, 420), fill=hair)
    draw.ellipse((165, 165, 360, 450), fill=skin)
    for x in (215, 310):
        draw.ellipse((x - 10, 285, x + 10, 303), fill=(40, 36, 34))
    draw.arc((225, 330, 300, 395), 20, 160, fill=(150, 80, 74), width=5)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=80)
    return kept.getvalue()


def _blank_number(example: str, serial: int) -> str:
    """Return a blank's number: of the example's length, from a series of its own."""
    head = "9" + example[1:3]
    return head + f"{serial * 11 + 3:0{len(example) - 3}d}"


def _settle() -> None:
    while journal.pump_until_idle() + outbox.drain_until_idle(now=clock.now):
        pass
