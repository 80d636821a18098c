"""What happened to taps."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class TapsStored(Event):
    """A batch of taps was stored; read it as ``pub.taps`` with this ``batch_id`` and these months.

    :ivar months: the local months that its taps lie in, as ISO dates of their first days
    """

    code: ClassVar[str] = "taps.batch.stored"
    batch_id: int
    months: tuple[str, ...]
    taps: int


@dataclass(frozen=True, kw_only=True)
class DeviceAnswersKept(Event):
    """Taps came that devices had answered by themselves while they were cut off.

    :ivar kept_id: names them; ``taps.device_answers`` returns them
    """

    code: ClassVar[str] = "taps.answers.kept"
    kept_id: int
    answers: int
