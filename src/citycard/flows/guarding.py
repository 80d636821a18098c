"""A child's guardian at the counter: found by the number on the document that the clerk sees."""

import datetime as dt

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.people import api as people


def record(
    *, child_id: int, id_number: str, basis: people.Basis, actor: Actor, now: dt.datetime
) -> None:
    """Record the holder of an ID number as a child's guardian from today on.

    :raises NoSuchMember: nobody with this number is a member
    :raises NotAChild: the person is of age, or both are the same
    """
    (guardian_id,) = people.member_ids_by_number(id_numbers=[id_number.strip().upper()])
    if guardian_id is None:
        raise people.NoSuchMember()
    with unit_of_work():
        people.record_guardian(
            child_id=child_id, guardian_id=guardian_id, basis=basis, actor=actor, now=now
        )
