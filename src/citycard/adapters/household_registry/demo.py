"""A demo household register: answers from its own book, as slowly and moodily as it is told."""

from collections.abc import Sequence

from citycard.adapters.demo_registers.book import Book
from citycard.kernel.taiwan.text import fold
from citycard.people.ports import RegisterAnswer, RegisterQuestion

REGISTER = "household"


class DemoHouseholdRegister:
    """Knows the people that were entered; of everybody else it says so, and a person must look."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def look_up(self, questions: Sequence[RegisterQuestion]) -> Sequence[RegisterAnswer]:
        """Answer each question.

        :raises OSError: it is switched down or hangs
        """
        self._book.answer_the_door(REGISTER, len(questions))
        return [self._answer(question) for question in questions]

    def check(self) -> str:
        """Say how the register is; raise when it is down, and hang when it hangs."""
        self._book.stand(REGISTER)
        return "demo register, up"

    def _answer(self, question: RegisterQuestion) -> RegisterAnswer:
        found = self._book.read(REGISTER, question.id_number, "")
        if found is None:
            return RegisterAnswer(
                query_id=question.query_id, answer="unknown", detail={"why": "not_on_record"}
            )
        if found["answer"] == "unknown":
            return RegisterAnswer(
                query_id=question.query_id, answer="unknown", detail={"why": "unclear"}
            )
        differs = _differences(found, question)
        if differs:
            detail = {"why": "differs", "differs": differs}
            return RegisterAnswer(query_id=question.query_id, answer="no", detail=detail)
        return RegisterAnswer(query_id=question.query_id, answer="yes", detail=found["detail"])


def _differences(found: dict[str, object], question: RegisterQuestion) -> list[str]:
    """Return what the person said that the register has otherwise."""
    differs = [] if fold(str(found["name"])) == fold(question.name) else ["name"]
    if found["birth_on"] != question.birth_on.isoformat():
        differs.append("birth_on")
    return differs
