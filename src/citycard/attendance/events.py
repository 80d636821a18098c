"""What happened at gates, by ids only."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PupilsPassed(Event):
    """Pupils came or left just now.

    :ivar left: in parallel to ``stay_ids``: True where the pupil left, False where they came
    """

    code: ClassVar[str] = "attendance.pupil.passed"
    stay_ids: tuple[int, ...]
    left: tuple[bool, ...]
