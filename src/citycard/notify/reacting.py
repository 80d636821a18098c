"""Which happenings residents are told about, and with which references. Pure.

An event's id makes the key: handled twice, it is still one message. Events that name many people
make one message each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from citycard.infra.journal import Announced
from citycard.notify.telling import NewMessage

Writer = Callable[[Announced], Iterable[NewMessage]]


def messages_about(batch: Sequence[Announced]) -> Iterator[NewMessage]:
    """Turn announced events into messages; events that nobody is told about give none."""
    for event in batch:
        if event.code in WRITERS:
            yield from WRITERS[event.code](event)


def _of_member(*names: str, **renamed: str) -> Writer:
    """Tell the event's member, with these fields of the event in the text.

    :param renamed: the text's word → the event's field
    """
    fields = {name: name for name in names} | renamed

    def write(event: Announced) -> Iterator[NewMessage]:
        if event.body["member_id"] is not None:
            params = {word: event.body[field] or "" for word, field in fields.items()}
            yield _message(event, event.body["member_id"], params)

    return write


def _of_members(*names: str) -> Writer:
    """Tell each of the event's members, unless the event came from a run that tells nobody."""

    def write(event: Announced) -> Iterator[NewMessage]:
        if event.body.get("quiet"):
            return
        params = {name: event.body[name] for name in names}
        for member_id in event.body["member_ids"]:
            yield _message(event, member_id, params, suffix=f":{member_id}")

    return write


def _of_each(*names: str, amounts: str) -> Writer:
    """Tell each of the event's members their own amount."""

    def write(event: Announced) -> Iterator[NewMessage]:
        params = {name: event.body[name] for name in names}
        people = zip(event.body["member_ids"], event.body[amounts], strict=True)
        for member_id, amount in people:
            own = {**params, amounts: amount}
            yield _message(event, member_id, own, suffix=f":{member_id}")

    return write


def _hours_corrected(event: Announced) -> Iterator[NewMessage]:
    """Tell a volunteer whose hours were corrected; hours that come in are on the page."""
    body = event.body
    told = zip(
        body["member_ids"], body["shift_ids"], body["minutes"], body["corrections"], strict=True
    )
    for member_id, shift_id, minutes, is_correction in told:
        if is_correction:
            yield _message(event, member_id, {"minutes": minutes}, suffix=f":{shift_id}")


def _message(
    event: Announced, member_id: int, params: Mapping[str, str | int], suffix: str = ""
) -> NewMessage:
    return NewMessage(
        event_key=f"{event.code}:{event.id}{suffix}",
        member_id=member_id,
        code=event.code,
        params=params,
    )


WRITERS: dict[str, Writer] = {
    "applications.application.submitted": _of_member("ref"),
    "applications.application.waiting": _of_member("ref"),
    "applications.application.dispatched": _of_member("ref"),
    "applications.application.completed": _of_member("ref"),
    "applications.part.approved": _of_member("ref", "service"),
    "applications.part.refused": _of_member("ref", "service"),
    "applications.part.supplement_asked": _of_member("ref", "service"),
    "applications.part.resubmitted": _of_member("ref", "service"),
    "applications.part.withdrawn": _of_member("ref", "service"),
    "issuing.card.ready": _of_member("ref", "counter"),
    "issuing.card.handed_over": _of_member(kind="card_kind"),
    "redemptions.session.settled": _of_member("points", "ntd", "place"),
    "redemptions.session.released": _of_member("points", "place"),
    "redemptions.session.disputed": _of_member("points", "place"),
    "redemptions.points.returned": _of_member("points"),
    "redemptions.points.charged": _of_member("points"),
    "entitlements.right.granted": _of_members("entitlement"),
    "entitlements.right.ended": _of_members("entitlement"),
    "activities.hours.posted": _hours_corrected,
    "ledger.points.lapsed": _of_each("unit", "last_day", amounts="points"),
}
