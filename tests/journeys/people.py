"""People of the stories: invented, on the demo registers, and what they bring along."""

import datetime as dt
import io
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

from citycard.infra.clock import today
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people.ports import HouseholdEntry, StatusEntry
from tests.harness.live import LiveCity
from tests.harness.patience import wait_until
from tests.harness.visiting import Page, Visitor

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
_GIVEN = "秀美玉珠鳳英蘭梅桂香春花麗惠淑貞雪月琴素"
# no drawn person or persona has these
_serials: Iterator[int] = itertools.count(9_950_000 + os.getpid() % 45_000)


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """Somebody who applies."""

    name: str
    birth_on: dt.date
    sex: str
    district: str
    email: str
    id_number: str

    def answers(self, **more: Any) -> dict[str, Any]:
        """Return what they fill in: a birth date in years of the Republic, as everybody does."""
        return {
            "name": self.name,
            "id_number": self.id_number,
            "birth_on_year": self.birth_on.year - 1911,
            "birth_on_month": self.birth_on.month,
            "birth_on_day": self.birth_on.day,
            "sex": self.sex,
            "district": self.district,
            "email": self.email,
            "applied_by": "self",
            **more,
        }

    def on_record(self, city: LiveCity, *statuses: StatusEntry, **detail: Any) -> None:
        """Enter them in the household register as somebody of this city."""
        household = HouseholdEntry(
            id_number=self.id_number,
            name=self.name,
            birth_on=self.birth_on,
            detail={
                "registered_city": city.code,
                "registered_district": self.district,
                "district": self.district,
                "sex": self.sex,
                **detail,
            },
        )
        city.enter_people([household], statuses)


def applicant(surname: str, *, age: int, sex: str, district: str) -> Applicant:
    """Return a new person of an age, with an ID number that nobody has and a name that few do."""
    serial = next(_serials)
    return Applicant(
        name=surname + _GIVEN[serial % 20] + _GIVEN[serial // 20 % 20],
        birth_on=dt.date(today().year - age, 1, 9),
        sex=sex,
        district=district,
        email=f"resident-{serial}@example.tw",
        id_number=with_check_digit(f"F{2 if sex == 'f' else 1}{serial:07d}"),
    )


def portrait(width: int = 900, height: int = 1400) -> bytes:
    """Return a photo that is nobody's, taller than any template wants it."""
    picture = Image.new("RGB", (width, height), "#dfe7ec")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.1, height * 0.7, width * 0.9, height * 1.3), fill="#3e5c76")
    draw.ellipse((width * 0.28, height * 0.25, width * 0.72, height * 0.65), fill="#f1cdaf")
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=85)
    return kept.getvalue()


def sign_in_by_email(city: LiveCity, email: str, *, language: str = "zh-hant") -> Visitor:
    """Sign in with a code that comes by mail, as it stands on the demo's mail page."""
    visitor = city.visitor(language=language)
    earlier = code_for(city, email)
    visitor.open("/sign-in/")
    visitor.fill(email=email)
    code = wait_until(lambda: code_for(city, email).replace(earlier or "-", ""))
    visitor.fill(code=code)
    assert visitor.page is not None
    assert visitor.page.path == "/"
    return visitor


def code_for(city: LiveCity, email: str) -> str:
    """Return the newest code that was mailed to somebody, empty when there is none yet."""
    page = city.visitor().open("/sign-in/demo-mail/")
    found = re.search(rf"{re.escape(email)} .*?(\d{{3}}) ?(\d{{3}})", page.text)
    return found[1] + found[2] if found else ""


def mails_to(city: LiveCity, email: str) -> str:
    """Return the words of the newest mails to somebody, as the demo's mail page shows them."""
    page = city.visitor().open("/sign-in/demo-mail/")
    panels = page.html.split("<section")
    return " ".join(panel for panel in panels if email in panel)


def sign_in_by_certificate(visitor: Visitor, who: Applicant) -> None:
    """Prove with a citizen certificate who one is; the demo's cards know one PIN."""
    visitor.open("/sign-in/certificate/")
    visitor.fill(id_number=who.id_number, pin="123456")
    assert visitor.page is not None
    assert visitor.page.path == "/", visitor.page


def fill_in(visitor: Visitor, answers: dict[str, Any]) -> Page:
    """Answer one question a page until none is left; return the page of papers."""
    page = visitor.page
    assert page is not None
    for _ in range(30):
        if "/question/" not in page.path:
            return page
        question = page.path.rstrip("/").rsplit("/", 1)[1]
        given = {k: v for k, v in answers.items() if k == question or k.startswith(f"{question}_")}
        page = visitor.fill(action=page.path, **given)
    raise AssertionError(f"the questions never end: {page!r}")


def bring(visitor: Visitor, paper: str, content: bytes, name: str, media_type: str) -> Page:
    """Upload one paper."""
    return visitor.fill(files={paper: (name, content, media_type)})


def apply(visitor: Visitor, services: list[str], answers: dict[str, Any]) -> str:
    """Apply for services with every paper that is asked for; return the case's reference."""
    visitor.open("/apply/")
    visitor.fill(services=services)
    fill_in(visitor, answers)
    assert visitor.page is not None
    papers = visitor.page.path
    wanted = sorted({name for form in visitor.page.forms for name in form.files})
    for paper in wanted:
        visitor.open(papers)
        if paper == "photo":
            bring(visitor, paper, portrait(), "me.jpg", "image/jpeg")
        else:
            bring(visitor, paper, PDF, "paper.pdf", "application/pdf")
    visitor.open(papers.replace("/papers/", "/check/"))
    page = visitor.fill(consent="yes")
    return page.path.rstrip("/").rsplit("/", 1)[1]
