"""Cancel lists: when rights end, operators get the card numbers; the right ends at the next tap.

A list is made once a mass change and operator, after the release has committed, and signed. It
holds what an operator's readers need: issuer, card number, right, first day; no name, no reason.
When a mass change is undone, a second list gives the cards their rights back: those that are held
again, on the cards that carry them. What ends day by day comes on a list a day (``listing_ends``).

Source: the monthly audit of bound cards: 「卡號清單送各客運業者，下次刷卡取消」.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra import outbox, papers
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.packs import current_pack
from citycard.infra.papers import Document, PaperFile, Table
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import NotFound
from citycard.people import api as people

TOPIC = "rights.cancel-lists"
PAPER = "rights.cancel_list"
PURPOSE = "cancel-list"
What = Literal["cancel", "restore"]


def order(*, change_id: int, what: What, now: dt.datetime) -> None:
    """Let the lists of a mass change be made once this unit of work has committed."""
    outbox.enqueue(topic=TOPIC, letters=[(f"{what}:{change_id}", change_id)], now=now)


def deliver(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Make the lists that were ordered, once each."""
    for letter in letters:
        what: What = "restore" if letter.key.startswith("restore:") else "cancel"
        make(change_id=letter.ref, what=what, now=now)
    return [Outcome(id=letter.id, result="done") for letter in letters]


LETTER = Topic(name=TOPIC, deliver=deliver, batch=5)


def make(*, change_id: int, what: What, now: dt.datetime) -> list[papers.Paper]:
    """Make a mass change's lists, one an operator that takes cards for one of its rights.

    A list says what is so when it is made: who has the right by then is not on a cancel list, and
    who hasn't is on no restore list; what was to end later was never cancelled.
    """
    today = current_pack().time.day(now)
    ended = [one for one in agencies.ended_rights(change_id=change_id) if one.ended_on <= today]
    held = entitlements.held_of(
        rights=[(one.member_id, one.entitlement) for one in ended], on=today
    )
    ended = [
        one for one in ended if ((one.member_id, one.entitlement) in held) == (what == "restore")
    ]
    made = []
    for row in operators():
        wanted = [one for one in ended if one.entitlement in row["rights"]]
        about = about_list(change_id, what, row["agency"])
        if wanted and not papers.is_kept(kind=PAPER, about=about):
            made.append(_make(about, what, row, wanted, now))
    return made


def about_list(change_id: int, what: str, agency: str) -> str:
    """Return how the papers name a list."""
    return f"{change_id}/{what}/{agency}"


def read_list(
    *, change_id: int, what: str, agency: str, actor: Actor, now: dt.datetime
) -> papers.Paper:
    """Return a kept list for somebody to download; that they did is written down.

    :raises NotFound: there is no such list
    :raises PurposeNotAllowed: the pack doesn't let the actor see card numbers for this
    """
    about = about_list(change_id, what, agency)
    if not papers.is_kept(kind=PAPER, about=about):
        raise NotFound(what="file")
    ended = agencies.ended_rights(change_id=change_id)
    _open(agency, sorted({one.member_id for one in ended}), actor, now)
    paper = papers.kept(kind=PAPER, about=about)
    assert paper is not None, "it was there a moment ago"
    return paper


def _open(agency: str, members: Sequence[int], actor: Actor, now: dt.datetime) -> Access:
    return people.open_access(
        subject=people.Population(
            description=f"停用名單 Cancel list → {agency}", member_ids=members
        ),
        fields={"cards"},
        purpose=PURPOSE,
        actor=actor,
        now=now,
    )


def operators() -> Sequence[Mapping[str, Any]]:
    """Return the pack's operators that get lists: which rights, which cards, which number."""
    feed: Mapping[str, Any] = current_pack().table("pack").get("register_feed", {})
    found: Sequence[Mapping[str, Any]] = feed.get("cancel_lists", [])
    return found


def _make(
    about: str,
    what: What,
    row: Mapping[str, Any],
    wanted: Sequence[agencies.EndedRight],
    now: dt.datetime,
) -> papers.Paper:
    members = sorted({one.member_id for one in wanted})
    access = _open(row["agency"], members, SYSTEM, now)
    numbers = cards.operator_numbers(
        access=access, member_ids=members, issuers=row["issuers"], number_kind=row["number"]
    )
    document = _document(what, row, wanted, numbers, now)
    name = f"{about.replace('/', '-')}.csv"
    file = PaperFile(name=name, media_type=papers.CSV, content=papers.csv_of(document))
    with unit_of_work():
        return papers.keep(kind=PAPER, about=about, files=[file], now=now, sealed=True)


def _document(
    what: What,
    row: Mapping[str, Any],
    wanted: Sequence[agencies.EndedRight],
    numbers: Sequence[cards.OperatorNumber],
    now: dt.datetime,
) -> Document:
    held: dict[int, list[cards.OperatorNumber]] = {}
    for number in numbers:
        held.setdefault(number.member_id, []).append(number)
    carries = _carries(wanted) if what == "restore" else lambda one, card_id: True
    lines = sorted(
        (card.issuer, row["number"], card.number, one.entitlement, what, one.ended_on.isoformat())
        for one in wanted
        for card in held.get(one.member_id, ())
        if carries(one, card.card_id)
    )
    return Document(
        title=f"{'停用' if what == 'cancel' else '恢復'}名單 {what} {row['agency']}",
        facts=[
            ("發文 Made at", current_pack().time.day(now).isoformat()),
            ("生效 Effective", "下次刷卡 at the next tap"),
            ("筆數 Lines", str(len(lines))),
        ],
        tables=[
            Table(
                title="名單 List",
                head=["issuer", "number_kind", "card_number", "right", "action", "since"],
                lines=lines,
                sums=[],
            )
        ],
        notes=[],
    )


def _carries(wanted: Sequence[agencies.EndedRight]) -> Callable[[agencies.EndedRight, int], bool]:
    """Return whether a card carries a right: of one that only one card may, that card alone."""
    single = cards.card_table().single_rights
    carrying = cards.cards_carrying(member_ids=sorted({one.member_id for one in wanted}))
    return lambda one, card_id: (
        one.entitlement not in single or carrying.get((one.member_id, one.entitlement)) == card_id
    )
