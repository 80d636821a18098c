"""SIP2 as a demo library's system speaks it: a question in, its answer out.

Written from the standard, by itself: it shares nothing with the proxy that stands before it.
Source: 3M Standard Interchange Protocol 2.00.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from citycard.adapters.ils.books import Account, Books, Loan

INSTITUTION = "CITYLIB"
LIBRARY = "示範圖書館"
_HEAD = {
    "01": 19, "09": 37, "11": 38, "15": 19, "17": 18, "19": 18, "23": 21, "25": 18, "29": 38,
    "35": 18, "37": 25, "63": 31, "65": 18, "93": 2, "99": 8,
}  # fmt: skip
SUPPORTED = "YYYYYYYYYYYYYYYY"


@dataclass(frozen=True)
class Question:
    """A message as it was understood."""

    code: str
    head: str
    fields: Mapping[str, str]
    sequence: str

    def __getitem__(self, tag: str) -> str:
        return self.fields.get(tag, "")


def summed(text: bytes) -> bytes:
    """Return the four digits that bring the sum of a message's bytes to nothing."""
    return f"{(0x10000 - sum(text)) & 0xFFFF:04X}".encode()


def understood(line: bytes) -> Question | None:
    """Return a message's parts; None for one that was damaged on the way."""
    tail = re.search(rb"(?:AY([0-9]))?AZ([0-9A-Fa-f]{1,4})$", line)
    sequence = ""
    if tail is not None:
        if int(tail[2], 16) != int(summed(line[: tail.start(2)]), 16):
            text = line[: tail.start(2)].decode(errors="replace")
            if int(tail[2], 16) != -sum(map(ord, text)) & 0xFFFF:
                return None
        sequence = (tail[1] or b"").decode()
        line = line[: tail.start()]
    text = line.decode(errors="replace")
    code = text[:2]
    end = 2 + _HEAD.get(code, 0)
    fields = {part[:2]: part[2:] for part in reversed(text[end:].split("|")) if part}
    return Question(code, text[2:end], fields, sequence)


class Counter:
    """The desk that answers, and repeats its last answer to whoever didn't understand it."""

    def __init__(self, books: Books, today: Callable[[], dt.date] = dt.date.today) -> None:
        self._books, self._today = books, today
        self._last = b""
        self.is_logged_in = False

    def answer(self, line: bytes) -> bytes:
        """Return the answer to a message, without what ends it."""
        question = understood(line)
        if question is None:
            return _signed("96", "")
        if question.code == "97":
            return self._last
        said = _ANSWERS.get(question.code)
        if said is None or not (self.is_logged_in or question.code in ("93", "99")):
            return _signed("96", "")
        self._last = _signed(said(self, question), question.sequence)
        return self._last

    def login(self, asked: Question) -> str:
        """93 → 94: any name, unless its password is ``wrong``."""
        self.is_logged_in = bool(asked["CN"]) and asked["CO"] != "wrong"
        return f"94{int(self.is_logged_in)}"

    def status(self, asked: Question) -> str:
        """99 → 98."""
        return (
            f"98YYYYYN005003{_now()}2.00AO{INSTITUTION}|AM{LIBRARY}|BX{SUPPORTED}|"
            f"AN{asked['AP'] or 'terminal'}|"
        )

    def patron_status(self, asked: Question) -> str:
        """23, 01 → 24."""
        return self._patron("24", asked, self._known(asked))

    def block(self, asked: Question) -> str:
        """01 → 24: the card was left behind, or is not right."""
        self._books.block(asked["AA"], "blocked")
        return self.patron_status(asked)

    def enable(self, asked: Question) -> str:
        """25 → 26."""
        self._books.block(asked["AA"], "active")
        return self._patron("26", asked, self._known(asked))

    def patron_information(self, asked: Question) -> str:
        """63 → 64, with the list that the summary asks for."""
        found = self._known(asked)
        loans, holds = (found.loans, found.holds) if found else ((), ())
        late = [one for one in loans if one.due < self._today().isoformat()]
        owes = found.fines_ntd if found else 0
        counts = f"{len(holds):04}{len(late):04}{len(loans):04}{int(owes > 0):04}00000000"
        lists = {
            0: ("AS", list(holds)),
            1: ("AT", [_listed(one) for one in late]),
            2: ("AU", [_listed(one) for one in loans]),
            3: ("AV", [f"逾期滯還金 NT${owes}"] if owes else []),
        }
        tag, listed = lists.get(asked.head[21:31].find("Y"), ("", []))
        return self._patron("64", asked, found, counts) + "".join(f"{tag}{one}|" for one in listed)

    def lend(self, asked: Question) -> str:
        """11 → 12."""
        patron, item = self._known(asked), self._books.item(asked["AB"])
        why = "查無讀者" if patron is None else patron.may_borrow()
        why = why or ("" if item else "查無館藏")
        due = None
        if patron is not None and not why:
            due = self._books.lend(asked["AB"], patron.number, on=self._today())
            why = "" if due else "已由他人借出"
        head = f"121NNY{_now()}" if due else f"120NUN{_now()}"
        return f"{head}{self._item(asked, item)}AH{due or ''}|" + (f"AF{why}|" if why else "")

    def renew(self, asked: Question) -> str:
        """29 → 30."""
        patron, item = self._known(asked), self._books.item(asked["AB"])
        due = self._books.renew(asked["AB"], patron.number) if patron else None
        head = f"301YNY{_now()}" if due else f"300NUN{_now()}"
        why = "" if due else "AF不能續借|"
        return f"{head}{self._item(asked, item)}AH{due or ''}|{why}"

    def renew_all(self, asked: Question) -> str:
        """65 → 66."""
        patron = self._known(asked)
        done: list[str] = []
        not_done: list[str] = []
        for loan in patron.loans if patron else ():
            renewed = self._books.renew(loan.barcode, loan.patron)
            (done if renewed else not_done).append(loan.barcode)
        lists = "".join(f"BM{one}|" for one in done) + "".join(f"BN{one}|" for one in not_done)
        head = f"66{int(patron is not None)}{len(done):04}{len(not_done):04}{_now()}"
        return f"{head}AO{INSTITUTION}|{lists}"

    def take_back(self, asked: Question) -> str:
        """09 → 10: whoever had it."""
        item, loan = self._books.item(asked["AB"]), self._books.take_back(asked["AB"])
        head = f"101YNN{_now()}" if item else f"100NUN{_now()}"
        whose = f"AA{loan.patron}|" if loan else ""
        title, place = item or ("", "")
        return f"{head}AO{INSTITUTION}|AB{asked['AB']}|AQ{place}|AJ{title}|{whose}"

    def item_information(self, asked: Question) -> str:
        """17 → 18."""
        item, loan = self._books.item(asked["AB"]), self._books.loan_of(asked["AB"])
        title, place = item or ("", "")
        state = "01" if item is None else "04" if loan else "03"
        due = f"AH{loan.due}|" if loan else ""
        return f"18{state}0001{_now()}AB{asked['AB']}|AJ{title}|AQ{place}|{due}"

    def item_status(self, asked: Question) -> str:
        """19 → 20."""
        return f"201{_now()}AB{asked['AB']}|"

    def hold(self, asked: Question) -> str:
        """15 → 16."""
        patron, item = self._known(asked), self._books.item(asked["AB"])
        good = patron is not None and item is not None
        if patron is not None and good:
            self._books.hold(asked["AB"], patron.number, cancel=asked.head[:1] == "-")
        return f"16{int(good)}N{_now()}AO{INSTITUTION}|AA{asked['AA']}|AB{asked['AB']}|"

    def pay(self, asked: Question) -> str:
        """37 → 38."""
        patron, amount = self._known(asked), asked["BV"].partition(".")[0]
        good = patron is not None and amount.isdigit()
        if patron is not None and good:
            self._books.owe(patron.number, -int(amount))
        return f"38{'Y' if good else 'N'}{_now()}AO{INSTITUTION}|AA{asked['AA']}|"

    def end_session(self, asked: Question) -> str:
        """35 → 36."""
        return f"36Y{_now()}AO{INSTITUTION}|AA{asked['AA']}|"

    def _known(self, asked: Question) -> Account | None:
        found = self._books.patron(asked["AA"])
        if found is None or (found.pin and asked["AD"] != found.pin):
            return None
        return found

    def _patron(self, code: str, asked: Question, found: Account | None, counts: str = "") -> str:
        counts = counts or ("0000" * 6 if code == "64" else "")
        denied = "Y" if found is None or found.may_borrow() else " "
        flags = f"{denied * 4:<14}"
        language = asked.head[:3] if asked.code in ("23", "63") else "019"
        valid = "Y" if found else "N"
        why = "" if found else "AF查無讀者|"
        return (
            f"{code}{flags}{language}{_now()}{counts}AO{INSTITUTION}|AA{asked['AA']}|"
            f"AE{found.name if found else ''}|BL{valid}|CQ{valid}|BHTWD|"
            f"BV{found.fines_ntd if found else 0}|{why}"
        )

    def _item(self, asked: Question, item: tuple[str, str] | None) -> str:
        title = item[0] if item else ""
        return f"AO{INSTITUTION}|AA{asked['AA']}|AB{asked['AB']}|AJ{title}|"


def _listed(loan: Loan) -> str:
    return f"{loan.barcode} {loan.title} {loan.due}"


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y%m%d   Z%H%M%S")


def _signed(text: str, sequence: str) -> bytes:
    said = text.encode()
    if text == "96":
        said += b"AZ"
        return said + summed(said)
    if not sequence:
        return said
    said += f"AY{sequence}AZ".encode()
    return said + summed(said)


_ANSWERS: Mapping[str, Callable[[Counter, Question], str]] = {
    "01": Counter.block,
    "09": Counter.take_back,
    "11": Counter.lend,
    "15": Counter.hold,
    "17": Counter.item_information,
    "19": Counter.item_status,
    "23": Counter.patron_status,
    "25": Counter.enable,
    "29": Counter.renew,
    "35": Counter.end_session,
    "37": Counter.pay,
    "63": Counter.patron_information,
    "65": Counter.renew_all,
    "93": Counter.login,
    "99": Counter.status,
}
