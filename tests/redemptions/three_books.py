"""Three books over many loadings, as they really come: late, reordered, repeated, and injured.

``write`` makes loadings that agree; ``injure`` alters a few, and says what must be found; ``play``
hands the books over day by day, in an order of its own, and lets the city compare.
"""

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from citycard.infra.database import execute
from citycard.infra.unit_of_work import unit_of_work
from citycard.redemptions import api as redemptions
from citycard.redemptions.lines import _stranger

FIRST = dt.date(2026, 11, 2)
DAYS = 8
KIOSKS = 148
GRACE = 2
LONG_AFTER = 30


@dataclass
class Loading:
    """One loading as it was, and as each of the books has it (None: it is not there)."""

    n: int
    key: uuid.UUID
    card: str
    counter: int
    ntd: int
    purse_before: int
    day: dt.date
    at: dt.datetime
    kiosk: int
    follows: bool
    ledger: str | None = "settled"
    ledger_ntd: int = 0
    line: redemptions.KioskLine | None = None
    record: redemptions.LoadingRecord | None = None
    line_on: int = 0
    record_on: int = 0
    again_on: int | None = None
    injured: str = ""
    line_lost: bool = False

    @property
    def terminal(self) -> str:
        return f"KSK-{self.kiosk:03}"

    @property
    def item(self) -> tuple[int, int]:
        return _stranger(self.card), self.counter


@dataclass
class Books:
    """All loadings, and what must be found: (card, counter) → kinds that name the injury."""

    loadings: list[Loading]
    chance: random.Random
    kiosks: int
    expected: dict[tuple[int, int], tuple[str, set[str], dt.date]] = field(default_factory=dict)
    gaps: set[tuple[int, int]] = field(default_factory=set)
    late: set[tuple[int, int]] = field(default_factory=set)


def write(count: int, *, seed: int = 3, kiosks: int = KIOSKS) -> Books:
    """Write loadings on which all three books agree."""
    chance = random.Random(seed)
    loadings: list[Loading] = []
    while len(loadings) < count:
        loadings += _of_one_card(chance, len(loadings), chance.randint(1, 8), kiosks)
    loadings = loadings[:count]
    for one in loadings:
        one.line = _line(one)
        one.record = _record(one)
        one.ledger_ntd = one.ntd
        _delay(one, chance)
    return Books(loadings, chance, kiosks)


def _of_one_card(chance: random.Random, n: int, times: int, kiosks: int) -> list[Loading]:
    card = f"{chance.randrange(10**16):016}"
    counter, purse = chance.randint(1, 900), chance.randint(0, 500)
    found = []
    seconds = sorted(chance.sample(range(DAYS * 86_400 - 3_000), times))
    for place, second in enumerate(seconds):
        day = FIRST + dt.timedelta(days=second // 86_400)
        follows = bool(found) and chance.random() < 0.4
        if not follows:
            counter += chance.randint(1, 30)  # rides and purchases, of which we hear nothing
            purse = chance.randint(0, 3_000)
        ntd = chance.choice([50, 100, 200, 500])
        at = dt.datetime.combine(FIRST, dt.time(), dt.UTC) - dt.timedelta(hours=8)
        found.append(
            Loading(
                n=n + place,
                key=uuid.UUID(int=chance.getrandbits(128), version=4),
                card=card,
                counter=counter + 1,
                ntd=ntd,
                purse_before=purse,
                day=day,
                at=at + dt.timedelta(seconds=second),
                kiosk=chance.randrange(kiosks),
                follows=follows,
            )
        )
        counter, purse = counter + 1, purse + ntd
    return found


def last_lines(books: Books) -> set[tuple[int, int]]:
    """Return each kiosk's newest journal line that could come: what lies after it leaves no gap."""
    newest: dict[int, int] = {}
    for one in books.loadings:
        if one.line is not None:
            newest[one.kiosk + 1] = max(newest.get(one.kiosk + 1, 0), one.line.seq)
    return {gap for gap in books.gaps if gap[1] > newest.get(gap[0], 0)}


def _number(books: Books) -> None:
    """Number each kiosk's lines in the order in which it wrote them; then some are lost."""
    seqs: Counter[int] = Counter()
    for one in sorted(books.loadings, key=lambda it: it.at):
        if one.line is None:
            continue
        seqs[one.kiosk] += 1
        one.line = replace(one.line, seq=seqs[one.kiosk])
        if one.line_lost:
            books.gaps.add((one.kiosk + 1, one.line.seq))
            one.line = None


def _line(one: Loading) -> redemptions.KioskLine:
    return redemptions.KioskLine(
        key=one.key,
        seq=0,
        card_number=one.card,
        counter=one.counter,
        ntd=one.ntd,
        purse_before=one.purse_before,
        purse_after=one.purse_before + one.ntd,
        wrote=True,
        at=one.at + dt.timedelta(seconds=one.n % 40),
    )


def _record(one: Loading) -> redemptions.LoadingRecord:
    return redemptions.LoadingRecord(
        reference=f"C{one.n:08}",
        terminal=one.terminal,
        card_number=one.card,
        counter=one.counter,
        ntd=one.ntd,
        purse_before=one.purse_before,
        purse_after=one.purse_before + one.ntd,
        at=one.at + dt.timedelta(seconds=one.n % 25),
    )


def _delay(one: Loading, chance: random.Random) -> None:
    """Late within the grace, and repeated: noise, no difference."""
    if chance.random() < 0.05:
        one.record_on = chance.randint(1, GRACE)
    if chance.random() < 0.05:
        one.line_on = chance.randint(1, GRACE)
    if chance.random() < 0.02:
        one.again_on = one.record_on + chance.randint(0, 3)


# -- injuries -----------------------------------------------------------------------------------


def injure(books: Books, each: int) -> None:
    """Injure so many loadings in each way; no card is injured twice."""
    order = books.loadings[:]
    books.chance.shuffle(order)
    touched: set[str] = set()
    for way, name in enumerate(INJURIES):
        hurt, done = INJURIES[name], 0
        for one in order:
            if done == each:
                break
            if one.card in touched or (name == "purse raised on the card" and not one.follows):
                continue
            touched.add(one.card)
            one.injured = name
            hurt(books, one)
            done += 1
        assert done == each, f"{way}: too few loadings for “{name}”"


def _expect(
    books: Books, one: Loading, kinds: Sequence[str], *, after: int, name: str = ""
) -> None:
    """Note what must be found, and by when: the day after all that is needed has come."""
    due = one.day + dt.timedelta(days=after)
    books.expected[one.item] = (name or one.injured, set(kinds), due)


def _arrives(one: Loading) -> dt.date:
    return one.day + dt.timedelta(days=_seen(one))


def _seen(one: Loading) -> int:
    return 1 + max(one.record_on, one.line_on)


def _no_record(books: Books, one: Loading) -> None:
    one.record = None
    _expect(books, one, ["missing_file"], after=GRACE + 1)


def _no_line(books: Books, one: Loading) -> None:
    one.line_lost = True
    _expect(books, one, ["missing_kiosk"], after=GRACE + 1)


def _no_session(books: Books, one: Loading) -> None:
    one.ledger = None
    _expect(books, one, ["missing_ledger"], after=_seen(one))


def _released(books: Books, one: Loading) -> None:
    one.ledger = "released"
    _expect(books, one, ["missing_ledger"], after=_seen(one))


def _file_amount(books: Books, one: Loading) -> None:
    assert one.record is not None
    one.record = replace(one.record, ntd=one.ntd + 300, purse_after=one.record.purse_after + 300)
    _expect(books, one, ["amount_differs"], after=_seen(one))


def _kiosk_amount(books: Books, one: Loading) -> None:
    assert one.line is not None
    one.line = replace(one.line, ntd=one.ntd + 300, purse_after=(one.line.purse_after or 0) + 300)
    _expect(books, one, ["amount_differs"], after=_seen(one))


def _file_purse(books: Books, one: Loading) -> None:
    assert one.record is not None
    one.record = replace(
        one.record,
        purse_before=one.record.purse_before + 700,
        purse_after=one.record.purse_after + 700,
    )
    _expect(books, one, ["tampered"], after=_seen(one))


def _kiosk_purse(books: Books, one: Loading) -> None:
    assert one.line is not None
    one.line = replace(one.line, purse_after=(one.line.purse_after or 0) + 700)
    _expect(books, one, ["tampered"], after=_seen(one))


def _file_counter(books: Books, one: Loading) -> None:
    assert one.record is not None
    one.record = replace(one.record, counter=one.counter + 5_000)
    _expect(books, one, ["tampered"], after=_seen(one))


def _file_card(books: Books, one: Loading) -> None:
    assert one.record is not None
    one.record = replace(one.record, card_number=f"{books.chance.randrange(10**16):016}")
    _expect(books, one, ["tampered"], after=_seen(one))


def _raised(books: Books, one: Loading) -> None:
    """The card's value was raised between two loadings: every book believes what it is told."""
    of_card = [it for it in books.loadings if it.card == one.card and it.at >= one.at]
    for place, it in enumerate(of_card):
        if place and not it.follows:
            break
        it.purse_before += 4_000
        it.line, it.record = _line(it), _record(it)
    before = next(
        it for it in books.loadings if it.card == one.card and it.counter == one.counter - 1
    )
    last = max(_arrives(one), _arrives(before))
    _expect(books, one, ["tampered"], after=(last - one.day).days)


def _cloned(books: Books, one: Loading) -> None:
    """A copy of the card, as it was before this loading, is loaded somewhere else."""
    day = min(one.day + dt.timedelta(days=1), FIRST + dt.timedelta(days=DAYS - 1))
    copy = replace(
        one,
        n=10_000_000 + one.n,
        key=uuid.UUID(int=books.chance.getrandbits(128), version=4),
        day=day,
        at=one.at + (day - one.day) + dt.timedelta(hours=2),
        kiosk=(one.kiosk + 7) % books.kiosks,
        line_on=0,
        record_on=0,
        again_on=None,
    )
    copy.line, copy.record = _line(copy), _record(copy)
    books.loadings.append(copy)
    _expect(books, one, ["cloned"], after=(copy.at.date() - one.day).days + 3)


def _ghost(books: Books, one: Loading) -> None:
    """The company's file has a loading that nobody made."""
    ghost = replace(
        one,
        n=20_000_000 + one.n,
        card=f"{books.chance.randrange(10**16):016}",
        at=one.at + dt.timedelta(hours=1),
        counter=one.counter + 1_000,
        ledger=None,
        line=None,
        injured="in the file alone",
    )
    ghost.day = (ghost.at + dt.timedelta(hours=8)).date()
    ghost.record = _record(ghost)
    books.loadings.append(ghost)
    one.injured = ""
    _expect(books, ghost, ["missing_ledger"], after=_seen(ghost))


INJURIES: dict[str, Callable[[Books, Loading], None]] = {
    "missing in the file": _no_record,
    "missing in the kiosk": _no_line,
    "missing in the ledger": _no_session,
    "released, yet loaded": _released,
    "amount altered in the file": _file_amount,
    "amount altered in the kiosk": _kiosk_amount,
    "purse altered in the file": _file_purse,
    "purse altered in the kiosk": _kiosk_purse,
    "counter altered in the file": _file_counter,
    "card altered in the file": _file_card,
    "purse raised on the card": _raised,
    "card cloned": _cloned,
    "in the file alone": _ghost,
}


def come_too_late(books: Books, count: int) -> None:
    """Let records come after their grace: reported as missing, then as late."""
    hurt = {it for it in books.expected}
    cards = {one.card for one in books.loadings if one.injured or one.item in hurt}
    quiet = [one for one in books.loadings if one.card not in cards]
    for one in books.chance.sample(quiet, count):
        one.record_on, one.again_on = GRACE + 3, None
        books.late.add(one.item)


# -- handing over -------------------------------------------------------------------------------


def play(books: Books) -> None:
    """Hand the books over day by day, each day's in no order, and compare every morning."""
    _number(books)
    _settle(books)
    lines, records = _by_day(books)
    for n in range(1, DAYS + GRACE + 6):
        on = FIRST + dt.timedelta(days=n)
        now = dt.datetime.combine(on, dt.time(), dt.UTC)
        _upload(books, lines.get(on, {}), now)
        _send_file(books, records.get(on, []), on, now)
        with unit_of_work():
            redemptions.reconcile(on=on, now=now + dt.timedelta(hours=1))


Lines = dict[dt.date, dict[int, list[redemptions.KioskLine]]]
Records = dict[dt.date, list[redemptions.LoadingRecord]]


def _by_day(books: Books) -> tuple[Lines, Records]:
    """Return what comes on which day: lines by kiosk, the file's records, some of them twice."""
    lines: Lines = {}
    records: Records = {}
    for one in books.loadings:
        if one.line is not None:
            on = one.day + dt.timedelta(days=one.line_on + 1)
            lines.setdefault(on, {}).setdefault(one.kiosk, []).append(one.line)
        if one.record is None:
            continue
        for delay in {one.record_on} if one.again_on is None else {one.record_on, one.again_on}:
            on = one.day + dt.timedelta(days=delay + 1)
            times = 2 if delay == one.again_on else 1
            records.setdefault(on, []).extend([one.record] * times)
    return lines, records


def _settle(books: Books) -> None:
    """Write the ledger's side: sessions as they ended."""
    rows = [one for one in books.loadings if one.ledger]
    for start in range(0, len(rows), 20_000):
        part = rows[start : start + 20_000]
        execute(
            """
            INSERT INTO redemptions_session (key, way, kind, unit, partner, device_id, terminal,
                place, agency, card_id, member_id, points, ntd, state, purse_before,
                counter_before, hold_key, end_key, reserved_at, expires_at, writing_at, ended_at,
                ended_by)
            SELECT k, 'card', 'stored-value', 'taipei-points', 'easycard', d, t, 'p', 'a', c, 1,
                   n, n, s, b, o - 1, gen_random_uuid(), gen_random_uuid(), w, w, w, w, 'agent'
            FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[],
                        %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[])
                AS x(k, d, t, c, n, s, b, o, w)
            """,
            [
                [one.key for one in part],
                [one.kiosk + 1 for one in part],
                [one.terminal for one in part],
                [_stranger(one.card) for one in part],
                [one.ledger_ntd for one in part],
                [one.ledger or "" for one in part],
                [one.purse_before for one in part],
                [one.counter for one in part],
                [one.at for one in part],
            ],
        )


def _upload(
    books: Books, by_kiosk: dict[int, list[redemptions.KioskLine]], now: dt.datetime
) -> None:
    for number, lines in by_kiosk.items():
        books.chance.shuffle(lines)
        kiosk = redemptions.Kiosk(
            device_id=number + 1, code=f"KSK-{number:03}", place="p", agency="a"
        )
        for start in range(0, len(lines), 5_000):
            with unit_of_work():
                redemptions.take_kiosk_lines(
                    lines=lines[start : start + 5_000],
                    kiosk=kiosk,
                    issuer="easycard",
                    number_kind="printed",
                    now=now,
                )


def _send_file(
    books: Books, records: list[redemptions.LoadingRecord], on: dt.date, now: dt.datetime
) -> None:
    books.chance.shuffle(records)
    file = redemptions.LoadingFile(
        name=f"{on}.csv", business_day=on, digest=str(on).encode(), records=records
    )
    with unit_of_work():
        redemptions.take_company_file(partner="easycard", file=file, now=now)
