"""How many points a tap gives. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Room:
    """What may still be given while a batch is decided; None is without bound."""

    person: int
    budget: int
    day: int | None = None

    def give(self, wanted: int) -> int:
        """Give as much of what is wanted as every bound allows: the last tap may get a part."""
        bounds = [wanted, self.person, self.budget]
        if self.day is not None:
            bounds.append(self.day)
        return max(0, min(bounds))
