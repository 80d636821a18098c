"""What must always be true of people; ``citycard verify`` asks."""

from collections.abc import Iterator
from typing import Any

from citycard.infra import crypto
from citycard.infra.database import rows
from citycard.kernel.findings import Finding
from citycard.people import merkle, sealing
from citycard.people.sealing import Seal


def verify() -> list[Finding]:
    """Prove that access records are whole and unaltered, that numbers have one holder and facts
    one truth.
    """
    return [*_counters(), *_seals(), *_published(), *_numbers(), *_facts()]


_GAPS = """
SELECT c.actor_id, c.last_seq, count(r.id) AS records, coalesce(max(r.actor_seq), 0) AS greatest
FROM people_access_counter c LEFT JOIN people_access_record r USING (actor_id)
GROUP BY c.actor_id, c.last_seq
HAVING count(r.id) <> c.last_seq OR coalesce(max(r.actor_seq), 0) <> c.last_seq
UNION ALL
SELECT r.actor_id, 0, count(*), max(r.actor_seq) FROM people_access_record r
LEFT JOIN people_access_counter c USING (actor_id) WHERE c.actor_id IS NULL GROUP BY r.actor_id
"""


def _counters() -> Iterator[Finding]:
    for gap in rows(_GAPS):
        yield Finding(
            check="people.access_counter",
            about=gap.actor_id,
            says=f"the counter stands at {gap.last_seq}, but {gap.records} records are there",
        )


def _seals() -> Iterator[Finding]:
    before: Seal | None = None
    while part := sealing.seals_after(before.number if before else 0):
        for seal in part:
            for says in _wrong_with(seal, before):
                yield Finding(check="people.access_seal", about=f"seal {seal.number}", says=says)
            before = seal


def _wrong_with(seal: Seal, before: Seal | None) -> Iterator[str]:
    if seal.number != (before.number + 1 if before else 1):
        yield "a seal before it is missing"
    if seal.after_id != (before.upto_id if before else 0):
        yield "it does not begin where the one before it ends"
    _, leaves = sealing.leaves_between(seal.after_id, seal.upto_id)
    if len(leaves) != seal.record_count:
        yield f"{seal.record_count} records were sealed, {len(leaves)} are there"
    if merkle.root(leaves) != seal.root:
        yield "a record it covers was altered, added or removed"
    bounds = (seal.after_id, seal.upto_id)
    chain_before = before.chain if before else merkle.EMPTY
    if (
        merkle.chained(chain_before, seal.number, bounds, seal.record_count, seal.root)
        != seal.chain
    ):
        yield "it does not follow from the one before it"
    if not crypto.verify(seal.signed_text, seal.signature):
        yield "its signature is not the city's"


def _published() -> Iterator[Finding]:
    """Compare with the file outside: what was published must still stand in the database."""
    last = sealing.last_seal()
    if last is None:
        return
    lines = {
        line["number"]: line for line in sealing.published_lines(sealing.seal_file(), last.log_id)
    }
    greatest = max(lines, default=0)
    if greatest > last.number:
        yield _differs(greatest, f"it was published, but the database ends with seal {last.number}")
    known = {seal.number: seal for seal in _all_seals()}
    for number in range(1, min(greatest, last.number) + 1):
        if number not in lines:
            yield _differs(number, "it is missing in the published file")
        elif number not in known or lines[number]["chain"] != known[number].chain.hex():
            yield _differs(number, "the published root is not the one in the database")


def _differs(number: int, says: str) -> Finding:
    return Finding(check="people.published_seal", about=f"seal {number}", says=says)


def _all_seals() -> Iterator[Seal]:
    number = 0
    while part := sealing.seals_after(number):
        yield from part
        number = part[-1].number


def _numbers() -> Iterator[Finding]:
    found: list[Any] = rows(
        "SELECT m.id FROM people_member m LEFT JOIN people_member_number n"
        " ON n.member_id = m.id AND n.replaced_at IS NULL WHERE n.id IS NULL ORDER BY m.id"
        " LIMIT 100"
    )
    for member in found:
        yield Finding(
            check="people.number_in_force",
            about=f"member {member.id}",
            says="no ID number is in force",
        )


_TWO_TRUTHS = """
SELECT a.member_id, a.name, a.id AS one, b.id AS other FROM people_fact a
JOIN people_fact b ON b.member_id = a.member_id AND b.name = a.name AND b.id > a.id
  AND b.valid && a.valid AND b.recorded && a.recorded
LIMIT 100
"""


def _facts() -> Iterator[Finding]:
    for pair in rows(_TWO_TRUTHS):
        yield Finding(
            check="people.one_truth",
            about=f"member {pair.member_id}, facts {pair.one} and {pair.other}",
            says=f"{pair.name} has two values on the same day, both held true at once",
        )
