"""Why: a tree that mirrors the rule and can be read aloud in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass

from citycard.infra.packs.texts import Text
from citycard.rules.kleene import Verdict

_MARKS = {Verdict.YES: "✓", Verdict.NO: "✗", Verdict.UNKNOWN: "?"}
_UNKNOWN = Text("尚不知：{}", "not known: {}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One step of a reason: what was asked, the answer, and the steps below it.

    ``reads`` names the facts that a leaf looked at; on an unknown leaf they are what is missing.
    """

    word: str
    claim: Text
    verdict: Verdict
    detail: Text | None = None
    reads: frozenset[str] = frozenset()
    children: tuple["Because", ...] = ()

    def sentence(self, language: str) -> str:
        """Return this step in words."""
        claim = self.claim.in_(language)
        if self.verdict is Verdict.UNKNOWN and not self.children:
            claim = _UNKNOWN.in_(language).format(claim)
        if self.detail is None:
            return claim
        detail = self.detail.in_(language)
        return f"{claim}（{detail}）" if language.startswith("zh") else f"{claim} ({detail})"

    def lines(self, language: str, depth: int = 0) -> Iterator[tuple[int, Verdict, str]]:
        """Yield depth, verdict and sentence of every step, from the top."""
        yield depth, self.verdict, self.sentence(language)
        for child in self.children:
            yield from child.lines(language, depth + 1)

    def text(self, language: str = "zh-Hant") -> str:
        """Return the whole reason as indented lines with ✓, ✗ and ?."""
        return "\n".join(
            f"{'  ' * depth}{_MARKS[verdict]} {sentence}"
            for depth, verdict, sentence in self.lines(language)
        )

    def missing(self) -> frozenset[str]:
        """Return the facts that would have to be known: those of the unknown leaves that matter."""
        if self.verdict is not Verdict.UNKNOWN:
            return frozenset()
        if not self.children:
            return self.reads
        return frozenset().union(*(child.missing() for child in self.children))

    def decisive(self) -> tuple["Because", ...]:
        """Return the steps that made the answer what it is, in the rule's order.

        A *not* stands for itself: what is below it has the opposite answer.
        """
        if not self.children or self.word == "not":
            return (self,)
        same = [child for child in self.children if child.verdict is self.verdict]
        return tuple(leaf for child in same for leaf in child.decisive())
