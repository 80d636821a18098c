"""A batch between its opening and its storing, by columns."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from citycard.taps.codes import Code
from citycard.taps.columns import TapColumns, Whole
from citycard.taps.service_table import Service
from citycard.taps.sites import Site
from citycard.taps.values import PaidPart, TapAnswer, TapRead

Mask = npt.NDArray[np.bool_]


class State(IntEnum):
    """What becomes of a tap before it is judged.

    A ``NEW`` tap has a verdict and no answer yet. All others go no further and carry their answer:
    the stored one of a ``DUPLICATE``, or that of a ``CONFLICT``, a ``QUARANTINED`` or a ``REFUSED``
    tap. A ``REPEATED`` tap came twice in one batch and gets the answer of its first place.
    """

    NEW = 0
    DUPLICATE = 1
    REPEATED = 2
    CONFLICT = 3
    QUARANTINED = 4
    REFUSED = 5


@dataclass(frozen=True, kw_only=True)
class OpenBatch:
    """Taps of one transaction after de-duplication, attribution and verdict, before points.

    The readers' epochs are locked. Columns are in parallel to ``columns``; an id of 0 is none.

    :ivar batch_id: under which number the batch is stored
    :ivar day: the local day, counted from 1970
    :ivar state: a ``State`` each
    :ivar code: the verdict; of what is not new, the code of its answer
    :ivar member_id: who holds a refused card did tap all the same: it stands in their history
    :ivar service: the place in ``services``; -1: the pack has none of that name
    :ivar site: what the reader stood for at that time, by number; see ``site_of``
    :ivar profile: the place in ``classes``, from 1, of the class that the card is good for; 0: none
    :ivar impossible: why a time cannot be; 0: it can
    :ivar told: by place, answers that were given before
    :ivar same_as: by place, the first place of a tap that came twice
    :ivar ambiguous: places of numbers that can mean two cards
    """

    columns: TapColumns
    pack_hash: str
    batch_id: int
    services: Sequence[Service]
    day: Whole
    state: npt.NDArray[np.int8]
    code: npt.NDArray[np.int16]
    card_id: Whole
    member_id: Whole
    binding_id: Whole
    right_id: Whole
    service: Whole
    site: Whole
    content_hash: Whole
    late: Mask
    impossible: npt.NDArray[np.int8]
    profile: npt.NDArray[np.int16]
    classes: Sequence[str] = ()
    sites: Mapping[int, Site] = field(default_factory=dict)
    told: Mapping[int, TapAnswer] = field(default_factory=dict)
    same_as: Mapping[int, int] = field(default_factory=dict)
    ambiguous: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.state)

    @property
    def new(self) -> Mask:
        """Tell which taps are stored by this batch."""
        return np.asarray(self.state == State.NEW)

    @property
    def going(self) -> Mask:
        """Tell which new taps are accepted so far."""
        return np.asarray((self.state == State.NEW) & (self.code == Code.ACCEPTED))

    def serves(self, which: Sequence[bool]) -> Mask:
        """Tell which taps are of services that something is true of, one value a service."""
        # A reader may serve what the pack does not know: that is the last place, by -1.
        return np.asarray(np.array([*which, False], bool)[self.service])

    def site_of(self, i: int) -> Site:
        """Return what the reader of a tap stood for."""
        return self.sites[int(self.site[i])]

    def service_of(self, i: int) -> Service | None:
        """Return the service of a tap, None if the pack has none of that name."""
        return self.services[self.service[i]] if self.service[i] >= 0 else None

    def read(self, i: int) -> TapRead:
        """Return what the reader saw, as a row."""
        return self.columns.read(i)

    def month(self) -> Whole:
        """Return the first day of each tap's local month, counted from 1970."""
        months: Any = self.day.astype("M8[D]").astype("M8[M]").astype("M8[D]")
        return np.asarray(months.astype(np.int64))

    def months_of(self, which: Mask) -> list[dt.date]:
        """Return the first days of the local months that some taps lie in, in order."""
        return [day.item() for day in np.unique(self.month()[which]).astype("M8[D]")]

    def in_order(self, places: Whole) -> Whole:
        """Return places in the taps' own order: time, reader, epoch, sequence."""
        c = self.columns
        keys = (c.seq[places], c.epoch[places], c.device_id[places], c.at_us[places])
        return np.asarray(places[np.lexsort(keys)])


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What the flow found out about a batch's new taps beyond their verdicts, in parallel to it;
    what it says of others is not read. An id of 0 is none."""

    code: npt.NDArray[np.int16]
    points: npt.NDArray[np.int32]
    campaign_id: Whole
    link_id: Whole
    agency_numbers: dict[int, str] = field(default_factory=dict, repr=False)
    paid: dict[int, PaidPart] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: OpenBatch) -> "Outcomes":
        """Return what the verdicts alone say."""
        size = len(batch)
        return cls(
            code=batch.code.copy(),
            points=np.zeros(size, np.int32),
            campaign_id=np.zeros(size, np.int64),
            link_id=np.zeros(size, np.int64),
        )
