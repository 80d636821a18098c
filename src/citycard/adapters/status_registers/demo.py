"""Demo registers of statuses: who was entered has the status, everybody else does not."""

from collections.abc import Sequence

from citycard.adapters.demo_registers.book import Book
from citycard.people.ports import RegisterAnswer, RegisterQuestion

REGISTER = "status"


class DemoStatusRegister:
    """Answers for every status, as slowly and moodily as it is told."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def look_up(
        self, status: str, questions: Sequence[RegisterQuestion]
    ) -> Sequence[RegisterAnswer]:
        """Tell of each person whether they have the status, and from when to when.

        :raises OSError: it is switched down or hangs
        """
        self._book.answer_the_door(REGISTER, len(questions))
        return [self._answer(status, question) for question in questions]

    def check(self) -> str:
        """Say how the register is; raise when it is down, and hang when it hangs."""
        self._book.stand(REGISTER)
        return "demo registers, up"

    def _answer(self, status: str, question: RegisterQuestion) -> RegisterAnswer:
        found = self._book.read(REGISTER, question.id_number, status)
        if found is None:
            return RegisterAnswer(query_id=question.query_id, answer="no")
        detail = found["detail"] if found["answer"] == "yes" else {"why": "unclear"}
        return RegisterAnswer(query_id=question.query_id, answer=found["answer"], detail=detail)
