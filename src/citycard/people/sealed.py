"""Which fields of people are sealed, and under which labels they are sealed and found."""

import re

from citycard.infra.crypto import blind, seal, unseal
from citycard.kernel.taiwan import national_id
from citycard.kernel.taiwan.text import fold

NUMBER = "people.member_number.number"
PHONE = "people.member.phone"
EMAIL = "people.member.email"
ADDRESS = "people.member.address"
ANSWER = "people.register_query.detail"


def blind_number(number: national_id.IdNumber) -> bytes:
    """Return the blind index of an ID number; a passport's never meets a national number's."""
    kind = "passport:" if number.kind == "passport" else ""
    return blind(NUMBER, kind + number.text)


def blind_phone(phone: str) -> bytes | None:
    """Return the blind index of a telephone number, however it is punctuated."""
    digits = re.sub(r"\D", "", phone)
    local = (
        "0" + digits.removeprefix("886").removeprefix("0") if digits.startswith("886") else digits
    )
    return blind(PHONE, local) if local else None


def blind_email(email: str) -> bytes | None:
    """Return the blind index of an e-mail address; upper and lower case are one."""
    return blind(EMAIL, fold(email)) if email.strip() else None


def seal_or_none(label: str, text: str, *, row: int) -> bytes | None:
    """Seal a text for its row; an empty one is nothing."""
    return seal(label, text.strip(), row=row) if text.strip() else None


def unseal_or_empty(label: str, blob: bytes | memoryview | None, *, row: int) -> str:
    """Open a sealed text of its row; nothing is an empty one."""
    return unseal(label, blob, row=row) if blob is not None else ""
