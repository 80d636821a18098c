"""What a system in the sandbox is answered: test cards anywhere, invented people in a demo city.

A test card has the issuer ``test`` and is named for its answer, so that a program meets each answer
before it meets anybody's card. Outside a demo, a system in the sandbox learns of test cards alone.
"""

from collections.abc import Sequence

from citycard.flows import answering_systems as systems

ISSUER = "test"
_VERIFIED = {
    "GOOD": systems.Verified(True, "accepted", systems.ADMITTED),
    "SENIOR": systems.Verified(True, "accepted", "senior-fare"),
    "NOT-LINKED": systems.Verified(True, "accepted", systems.ADMITTED),
    "BLOCKED": systems.Verified(False, "blocked"),
    "NOT-ENTITLED": systems.Verified(False, "not_entitled"),
    "EXPIRED": systems.Verified(False, "expired"),
    "REPLAYED": systems.Verified(False, "replayed"),
}
_UNKNOWN = systems.Verified(False, "unknown_card")
_NUMBER = "TEST-0001"


def is_test(question: systems.Question) -> bool:
    """Tell whether a question is about a test card."""
    return question.issuer == ISSUER


def verified(question: systems.Question) -> systems.Verified:
    """Return what is said of a test card; any other is unknown."""
    return _VERIFIED.get(question.number, _UNKNOWN) if is_test(question) else _UNKNOWN


def converted(question: systems.Question) -> systems.ConvertedCode:
    """Return what a test card converts to; any other is unknown."""
    if is_test(question) and question.number == "NOT-LINKED":
        return systems.ConvertedCode("not_linked")
    said = verified(question)
    if not said.valid:
        return systems.ConvertedCode(said.outcome)
    return systems.ConvertedCode(said.outcome, _NUMBER, "active")


def real_places(questions: Sequence[systems.Question], *, is_demo: bool) -> list[int]:
    """Return the places of the questions that are put to the city itself."""
    return [n for n, one in enumerate(questions) if is_demo and not is_test(one)]
