"""What devices answered by themselves: kept as facts, with what of it turned out to be a loss."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.taps import events
from citycard.taps.codes import Code
from citycard.taps.opened import OpenBatch, Outcomes
from citycard.taps.values import AnsweredPart

Identity = tuple[int, int, int]
"""Reader, epoch and sequence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceAnswer:
    """A tap that a device answered by itself, and what the city says of it.

    :ivar month: the first day of its local month
    :ivar city_code: the city's own verdict, by the tap's own time
    :ivar code: what the device answered; ``points`` is what it took, ``borne`` what of it the
        person's month bears
    """

    reader_id: int
    epoch: int
    seq: int
    month: dt.date
    at: dt.datetime
    card_id: int | None
    member_id: int | None
    service: str
    agency: str
    place: str
    issuer: str
    spends_on: str | None
    city_code: Code
    code: str
    points: int
    snapshot: int
    price_ntd: int | None
    quantity: int | None
    borne: int

    @property
    def identity(self) -> Identity:
        """Return reader, epoch and sequence."""
        return self.reader_id, self.epoch, self.seq

    @property
    def was_accepted(self) -> bool:
        """Tell whether the device let it pass."""
        return self.code == "accepted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """What a device accepted and the city would not have.

    :ivar why: the city's word for its refusal, or ``overspent``
    :ivar report: ``before`` or ``after`` the card was reported lost, or ``none``
    :ivar reader_knew: whether its snapshot named the card as lost; None: the card isn't
    :ivar bears: ``holder``, ``city``, ``company`` or ``operator``
    :ivar amount: in ``unit``; 0: a passage without a price
    """

    reader_id: int
    epoch: int
    seq: int
    at: dt.datetime
    card_id: int | None
    service: str
    agency: str
    why: str
    snapshot: int
    report: str
    reader_knew: bool | None
    bears: str
    unit: str
    amount: int
    posted: int = 0
    revision: int = 0

    @property
    def identity(self) -> Identity:
        """Return reader, epoch and sequence."""
        return self.reader_id, self.epoch, self.seq


def keep_device_answers(*, batch: OpenBatch, outcomes: Outcomes, now: dt.datetime) -> int:
    """Keep what devices answered of a batch's new taps; in the unit of work that stores the taps.

    Announces ``taps.answers.kept``.

    :returns: how many there were
    """
    said = batch.columns.answered
    if not said:
        return 0
    places = [i for i in np.flatnonzero(batch.new).tolist() if said[i] is not None]
    if not places:
        return 0
    require_unit_of_work()
    asked = {"now": now, "kept": batch.batch_id, **_columns(batch, outcomes, places)}
    execute(statement(__file__, "keep_device_answers"), asked)
    announce(events.DeviceAnswersKept(kept_id=batch.batch_id, answers=len(places)))
    return len(places)


def device_answers(
    *,
    kept_ids: Sequence[int] = (),
    member_months: Sequence[tuple[int, dt.date]] = (),
    card_ids: Sequence[int] = (),
) -> list[DeviceAnswer]:
    """Return what devices answered, in the taps' own order: of some events, of some people's months
    (where points were taken), and of some cards. For a flow's own decision; never for a page."""
    found = rows(
        """
        SELECT reader_id, epoch, seq, month, at, card_id, member_id, service, agency, place, issuer,
               spends_on, city_code, code, points, snapshot, price_ntd, quantity, borne
        FROM taps_device_answer
        WHERE kept_id = ANY(%s::bigint[]) OR card_id = ANY(%s::bigint[])
           OR ((member_id, month) IN (SELECT * FROM unnest(%s::bigint[], %s::date[]))
               AND points > 0)
        ORDER BY at, reader_id, epoch, seq
        """,
        [
            list(kept_ids),
            list(card_ids),
            [member for member, _ in member_months],
            [month for _, month in member_months],
        ],
    )
    return [DeviceAnswer(**{**one._asdict(), "city_code": Code(one.city_code)}) for one in found]


def set_borne(*, borne: Mapping[Identity, int]) -> None:
    """Note what of the points that devices took people's months bear."""
    require_unit_of_work()
    execute(
        "UPDATE taps_device_answer a SET borne = n.borne"
        " FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::integer[])"
        " AS n(reader_id, epoch, seq, borne)"
        " WHERE a.reader_id = n.reader_id AND a.epoch = n.epoch AND a.seq = n.seq",
        [*([one[place] for one in borne] for place in range(3)), list(borne.values())],
    )


def losses_of(*, identities: Sequence[Identity]) -> dict[Identity, Loss]:
    """Return the losses that are known of some taps."""
    found = rows(
        f"{_LOSSES} WHERE (reader_id, epoch, seq) IN"  # noqa: S608 - names of columns
        " (SELECT * FROM unnest(%s::bigint[], %s::integer[], %s::bigint[]))",
        [[one[place] for one in identities] for place in range(3)],
    )
    return {loss.identity: loss for loss in (Loss(**one._asdict()) for one in found)}


def set_losses(*, losses: Sequence[Loss]) -> None:
    """Bring losses to what is known now."""
    require_unit_of_work()
    columns = {
        "readers": "reader_id",
        "epochs": "epoch",
        "seqs": "seq",
        "ats": "at",
        "cards": "card_id",
        "services": "service",
        "agencies": "agency",
        "whys": "why",
        "snapshots": "snapshot",
        "reports": "report",
        "knew": "reader_knew",
        "bears": "bears",
        "units": "unit",
        "amounts": "amount",
    }
    asked = {name: [getattr(one, of) for one in losses] for name, of in columns.items()}
    execute(statement(__file__, "set_losses"), asked)


def set_posted(*, posted: Mapping[Identity, int]) -> None:
    """Note what of losses stands on the loss accounts; each note is a revision."""
    require_unit_of_work()
    execute(
        "UPDATE taps_loss l SET posted = n.posted, revision = l.revision + 1"
        " FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::bigint[])"
        " AS n(reader_id, epoch, seq, posted)"
        " WHERE l.reader_id = n.reader_id AND l.epoch = n.epoch AND l.seq = n.seq",
        [*([one[place] for one in posted] for place in range(3)), list(posted.values())],
    )


def losses(*, since: dt.datetime, until: dt.datetime, limit: int = 500) -> list[Loss]:
    """Return losses of a span, the largest first; ids only, for those who see to readers."""
    found = rows(
        f"{_LOSSES} WHERE at >= %s AND at < %s"
        " ORDER BY amount DESC, at DESC, reader_id, epoch, seq LIMIT %s",
        [since, until, limit],
    )
    return [Loss(**one._asdict()) for one in found]


def losses_of_card(*, card_id: int, limit: int = 100) -> list[Loss]:
    """Return a card's losses, the newest first; ids only, for those who see to readers."""
    found = rows(f"{_LOSSES} WHERE card_id = %s ORDER BY at DESC LIMIT %s", [card_id, limit])
    return [Loss(**one._asdict()) for one in found]


_LOSSES = """
SELECT reader_id, epoch, seq, at, card_id, service, agency, why, snapshot, report, reader_knew,
       bears, unit, amount, posted, revision
FROM taps_loss
"""


def _columns(batch: OpenBatch, outcomes: Outcomes, places: Sequence[int]) -> dict[str, list[Any]]:
    reads = [batch.read(i) for i in places]
    said = [read.answered or AnsweredPart("") for read in reads]
    sales = [read.sale for read in reads]
    sites = [batch.site_of(i) for i in places]
    services = [batch.service_of(i) for i in places]
    return {
        "readers": [read.device_id for read in reads],
        "epochs": [read.epoch for read in reads],
        "seqs": [read.seq for read in reads],
        "ats": [read.at for read in reads],
        "issuers": [read.issuer for read in reads],
        "months": [day.item() for day in batch.month()[places].astype("M8[D]")],
        "cards": [card or None for card in batch.card_id[places].tolist()],
        "members": [member or None for member in batch.member_id[places].tolist()],
        "services": [site.service for site in sites],
        "agencies": [site.agency for site in sites],
        "places": [site.place for site in sites],
        "spends": [service.spends_on if service else None for service in services],
        "city_codes": outcomes.code[places].tolist(),
        "codes": [one.code for one in said],
        "points": [one.points for one in said],
        "snapshots": [one.snapshot for one in said],
        "profiles": [one.profile for one in said],
        "prices": [sale.price_ntd if sale else None for sale in sales],
        "quantities": [sale.quantity if sale else None for sale in sales],
    }
