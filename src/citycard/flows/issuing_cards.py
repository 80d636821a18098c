"""From an approved part to the card in the resident's hand: one story over five contexts.

Preview, print, hand over; each function opens its own units of work, and no port is called inside
one. What the preview shows is kept and printed to the pixel. The printer and the card company are
told by outbox; what they say comes back in a new unit of work.
"""

import datetime as dt
from collections.abc import Sequence

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.packs import current_pack
from citycard.infra.ports import use
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.issuing.ports import (
    Acknowledgement,
    CardCompany,
    CardPrinter,
    NameRegistration,
)
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people

PRINTING = "card-printing"
PRINTING_FIELDS = ("name", "photo", "cards", "application")
NAMES = "name-registration"
NAMES_FIELDS = ("name", "birth_on", "cards")


def preview(
    *, print_id: int, actor: Actor, now: dt.datetime, draw_again: bool = False
) -> issuing.Preview:
    """Show the card as it will be printed: sets a blank of the counter aside and draws its face.

    Looking again shows the same bitmap, unless ``draw_again`` (the photo's box was moved).

    :raises NotFound: there is no such card to make
    :raises NoBlankLeft, NoCounter, NotNow: as they say
    """
    job = issuing.print_job(print_id=print_id)
    access = people.open_access(
        subject=job.member_id, fields=PRINTING_FIELDS, purpose=PRINTING, actor=actor, now=now
    )
    as_it_was = job.state != "ready" or (job.counter == actor.counter and not draw_again)
    if job.is_drawn and as_it_was:
        return issuing.preview(access=access, print_id=print_id)
    with unit_of_work():
        numbers = issuing.set_blank_aside(print_id=print_id, actor=actor, now=now)
    shown = cards.card_table().media[job.medium].shown
    drawn = issuing.draw(face=_face(access, job, numbers[shown], now))
    with unit_of_work():
        issuing.keep_drawing(
            print_id=print_id, number=numbers[shown], drawn=drawn, actor=actor, now=now
        )
    return issuing.preview(access=access, print_id=print_id)


def print_card(*, print_id: int, sha256: str, actor: Actor, now: dt.datetime) -> None:
    """Print exactly the bitmap that was looked at; the printer is told by outbox.

    :param sha256: of the preview that the clerk approved
    :raises PreviewOutdated, GlyphsMissing, NotNow: as they say
    """
    with unit_of_work():
        issuing.send_to_printer(print_id=print_id, sha256=sha256, actor=actor, now=now)


def say_spoiled(*, print_id: int, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Say that a printed card is not right: its blank is spoiled, the print begins again."""
    with unit_of_work():
        issuing.spoil(print_id=print_id, reason=reason, actor=actor, now=now)


def give_up(*, print_id: int, actor: Actor, now: dt.datetime) -> None:
    """Make no card after all: the print leaves the queue, its blank goes back to stock, and the
    part is done. What was approved stays; a card can be applied for again.

    :raises NotNow: it is being printed, or was
    """
    job = issuing.print_job(print_id=print_id)
    with unit_of_work():
        applications.hold_open(member_ids=[job.member_id])
        issuing.cancel(print_id=print_id, actor=actor, now=now)
        applications.complete_parts(part_ids=[job.part_id], actor=actor, now=now)
        applications.complete_settled(application_ids=[job.application_id], actor=actor, now=now)


def hand_over(*, print_id: int, actor: Actor, now: dt.datetime) -> issuing.HandedOver:
    """Hand a printed card over: it becomes a live card, bound to its member, and the part is done.

    :raises AlreadyHandedOver: another counter was first
    :raises Refused: the card can't be registered or bound (the member holds one of its group);
        nothing was changed
    """
    (handed,) = hand_over_many(print_ids=[print_id], actor=actor, now=now)
    return handed


def hand_over_many(
    *, print_ids: Sequence[int], actor: Actor, now: dt.datetime
) -> list[issuing.HandedOver]:
    """Hand printed cards over, all or none: for a school's or a village's round.

    :raises Refused: as for one
    """
    members = [issuing.print_job(print_id=print_id).member_id for print_id in print_ids]
    with unit_of_work():
        applications.hold_open(member_ids=members)
        handed = [
            issuing.hand_over(print_id=print_id, actor=actor, now=now)
            for print_id in sorted(print_ids)
        ]
        made = [
            cards.NewCard(
                kind=each.card_kind,
                medium=each.medium,
                numbers=each.numbers,
                version=each.template.partition("@")[0],
            )
            for each in handed
        ]
        card_ids = _live(made, [each.member_id for each in handed], actor, now)
        for each, card_id in zip(handed, card_ids, strict=True):
            issuing.note_card(print_id=each.print_id, card_id=card_id, actor=actor, now=now)
        parts = [each.part_id for each in handed]
        applications.complete_with_card(part_ids=parts, actor=actor, now=now)
    return handed


def join_with_own_card(
    *, member_id: int, medium: str, numbers: dict[str, str], actor: Actor, now: dt.datetime
) -> int:
    """Bind the card that a resident brought, and complete the parts that waited for it.

    :param numbers: as the counter's reader read them, by number kind
    :returns: the card's id
    :raises Refused: the number is wrong, or the card is somebody else's
    """
    table = cards.card_table()
    with unit_of_work():
        applications.hold_open(member_ids=[member_id])
        issuer = table.media[medium].issuer
        shown = table.media[medium].shown
        known = cards.find(issuer=issuer, number_kind=shown, number=numbers.get(shown, ""))
        if known is None:
            kind = next(
                code
                for code, row in current_pack().table("cards")["kinds"].items()
                if row.get("holders_own") and medium in row["media"]
            )
            new = cards.NewCard(kind=kind, medium=medium, numbers=numbers)
            (card_id,) = _live([new], [member_id], actor, now)
        else:
            card_id = known.card_id
            _bind([card_id], [member_id], actor, now)
        waiting = applications.own_card_parts(member_id=member_id)
        applications.complete_parts(part_ids=waiting, actor=actor, now=now)
    return card_id


def deliver_prints(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Tell the printers; a fault spoils the blank and brings the card back into the queue."""
    orders = issuing.orders(print_ids=[letter.ref for letter in letters])
    results = list(use(CardPrinter).print_cards(orders)) if orders else []
    with unit_of_work():
        issuing.record_printed(results=results, now=now)
    ordered = {order.key for order in orders}
    answered = {result.key for result in results}
    return [
        Outcome(id=letter.id, result="retry", why="the printer didn't say")
        if letter.key in ordered - answered
        else Outcome(id=letter.id, result="done")
        for letter in letters
    ]


def deliver_names(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Send names to the card company; what it refuses waits visibly for a person.

    The company is asked how it is first: while it is down nobody's data is opened for it, and no
    resident finds a night of tries among the records of who read their data.
    """
    waiting = {
        each.registration_id: each
        for each in issuing.registrations(ids=[letter.ref for letter in letters])
        if each.state != "acknowledged"
    }
    if waiting:
        use(CardCompany).check()
    asked = [_registration(each, now) for each in waiting.values()]
    said = list(use(CardCompany).register_names(asked)) if asked else []
    with unit_of_work():
        issuing.record_acknowledged(acknowledgements=said, now=now)
    outcomes = {each.key: each for each in said}
    return [_outcome(letter, waiting.get(letter.ref), outcomes) for letter in letters]


LETTERS = [
    Topic(name=issuing.PRINTER_TOPIC, deliver=deliver_prints, most_attempts=None, batch=10),
    Topic(name=issuing.NAMES_TOPIC, deliver=deliver_names, most_attempts=8),
]


def _face(access: Access, job: issuing.PrintJob, number: str, now: dt.datetime) -> issuing.CardFace:
    today = current_pack().time.day(now)
    name = people.profile(access=access, member_id=job.member_id).name
    carried = cards.card_table().kinds[job.card_kind].carries
    own = {
        each.code for each in entitlements.catalogue(on=today) if each.card_kind == job.card_kind
    }
    rights = entitlements.machine_rights_of(member_ids=[job.member_id], on=today)[job.member_id]
    ends = [
        right.valid_to
        for right in rights
        if right.entitlement in (own & carried) and right.valid_to
    ]
    return issuing.CardFace(
        card_kind=job.card_kind,
        template=_artwork(job, today),
        name=name or "",
        number=number,
        valid_until=min(ends) - dt.timedelta(days=1) if ends else None,
        photo=applications.photo_of(access=access, application_id=job.application_id),
    )


def _artwork(job: issuing.PrintJob, today: dt.date) -> str:
    """Return the artwork by the day and the school level; a replacement may keep the one before."""
    school = people.facts_of(member_ids=[job.member_id], names=["school"], on=today)
    return issuing.template_of(
        kind=current_pack().table("cards")["kinds"][job.card_kind],
        on=today,
        level=(school[job.member_id].get("school") or {}).get("level"),
        before=cards.version_before(member_id=job.member_id, card_kind=job.card_kind),
    )


def _live(
    made: Sequence[cards.NewCard], member_ids: Sequence[int], actor: Actor, now: dt.datetime
) -> list[int]:
    """Register cards and bind them, all or none."""
    card_ids = []
    for registered in cards.register_many(cards=made, actor=actor, now=now):
        if registered.refusal is not None:
            raise registered.refusal
        assert registered.card_id is not None
        card_ids.append(registered.card_id)
    _bind(card_ids, member_ids, actor, now)
    return card_ids


def _bind(
    card_ids: Sequence[int], member_ids: Sequence[int], actor: Actor, now: dt.datetime
) -> None:
    binds = [
        cards.Bind(card_id=card, member_id=member)
        for card, member in zip(card_ids, member_ids, strict=True)
    ]
    for bound in cards.bind_many(binds=binds, actor=actor, now=now):
        if bound.refusal is not None:
            raise bound.refusal


def _registration(each: issuing.Registration, now: dt.datetime) -> NameRegistration:
    access = people.open_access(
        subject=each.member_id, fields=NAMES_FIELDS, purpose=NAMES, actor=SYSTEM, now=now
    )
    who = people.profile(access=access, member_id=each.member_id)
    return NameRegistration(
        key=each.key,
        card_number=each.number,
        name=who.name or "",
        birth_on=who.birth_on,
        card_kind=each.card_kind,
        handed_over_on=current_pack().time.day(each.opened_at),
    )


def _outcome(
    letter: Letter, asked: issuing.Registration | None, said: dict[str, Acknowledgement]
) -> Outcome:
    if asked is None:
        return Outcome(id=letter.id, result="done")
    answer = said.get(asked.key)
    if answer is None:
        return Outcome(id=letter.id, result="retry", why="no answer to this name")
    if answer.accepted:
        return Outcome(id=letter.id, result="done")
    return Outcome(id=letter.id, result="failed", why=answer.why)
