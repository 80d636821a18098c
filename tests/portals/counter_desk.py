"""A counter for tests: a clerk at a desk, people on record, blanks in the box."""

import datetime as dt
import io
import itertools
import re
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageDraw

from citycard.agencies import api as agencies
from citycard.applications import api as applications
from citycard.flows import activating, applying
from citycard.identity import api as identity
from citycard.infra.database import execute
from citycard.infra.packs import current_pack
from citycard.infra.packs.pack import canonical
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import SYSTEM, Actor
from tests.flows.living import COUNTER, new_number, on_record, reviewer
from tests.harness.cities import City

PASSWORD = "correct horse battery"
_boxes = itertools.count(4000)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def open_city() -> None:
    """Make the pack the city's."""
    activating.activate(pack=current_pack(), now=now())


def clerk_at(
    counter: str | None = COUNTER, username: str = "", name: str = "林承辦", **headers: str
) -> Client:
    """A browser in which a clerk of a counter is signed in."""
    username = username or f"clerk-{counter}"
    with unit_of_work():
        known = agencies.staff_by_username(username=username)
        staff_id = known.staff_id if known else _new_staff(username, counter, name)
        if identity.account_of_staff(staff_id=staff_id) is None:  # renewing it ends its sessions
            identity.open_staff_account(
                staff_id=staff_id, password=PASSWORD, actor=SYSTEM, now=now()
            )
    account = identity.account_of_staff(staff_id=staff_id)
    assert account is not None
    browser = Client(headers=headers or None)
    session = browser.session
    session["account_id"] = account.account_id
    session["level"] = account.level
    session.save()
    return browser


def _new_staff(username: str, counter: str | None, name: str) -> int:
    agency = agencies.counter(code=counter).agency if counter else "office-zhongzheng"
    return agencies.add_staff(
        username=username,
        display_name=name,
        agency=agency,
        counter=counter,
        roles=["clerk"],
        actor=SYSTEM,
        now=now(),
    )


def blanks(count: int = 30, counter: str = COUNTER, medium: str = "easycard") -> list[str]:
    """Take blanks into a counter's stock and return their numbers."""
    box = next(_boxes)
    numbers = [f"{box:08d}{n:08d}" for n in range(count)]
    with unit_of_work():
        issuing.receive_blanks(
            counter=counter,
            blanks=[issuing.NewBlank(medium=medium, numbers={"printed": n}) for n in numbers],
            actor=SYSTEM,
            now=now(),
        )
    return numbers


def senior(name: str = "王小美", **changes: Any) -> dict[str, str]:
    """The answers of a resident of some 75 years, as a browser sends the form's page."""
    given = {
        "name": name,
        "id_number": new_number(),
        "birth_on_year": "40",
        "birth_on_month": "3",
        "birth_on_day": "2",
        "sex": "f",
        "district": "zhongzheng",
        "phone": "0912345678",
        "resides_in_city": "on",
        "pickup_counter": COUNTER,
        "applied_by": "self",
        **changes,
    }
    on_record({"id_number": given["id_number"], "name": name, "birth_on": "1951-03-02"})
    return given


def let_go(service: str, name: str, *, draft: str, still: str) -> None:
    """Let a draft be of a day on which the form offered one service more."""
    pack = current_pack()
    forms = {code: dict(row) for code, row in pack.table("forms").items()}
    first = next(iter(forms.values()))
    gone = {**first["services"][still], "name": {"zh-Hant": name, "en": name}}
    first["services"] = {**first["services"], service: gone}
    long_ago = now() - dt.timedelta(days=400)
    execute(
        "INSERT INTO packs_kept (hash, city, content, kept_at, activated_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        [draft, pack.code, zlib.compress(canonical({"forms": forms})), long_ago, long_ago],
    )
    execute(
        "UPDATE applications_application SET services = %s::text[], pack_hash = %s"
        " WHERE public_id = %s",
        [[service, still], draft, draft],
    )


def upload(name: str = "photo.jpg", colour: str = "#dfe6ea") -> SimpleUploadedFile:
    """A photo of nobody: a head and shoulders, a little to the left."""
    drawn, buffer = Image.new("RGB", (1200, 1300), colour), io.BytesIO()
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((180, 860, 900, 1700), fill="#3d5a73")
    pen.ellipse((330, 300, 750, 860), fill="#e3b899")
    pen.chord((310, 260, 770, 780), 180, 360, fill="#3b3330")
    drawn.save(buffer, "JPEG")
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/jpeg")


def begin(browser: Client, *services: str, query: str = "") -> str:
    """Choose services and return the draft's address."""
    chosen = browser.post(f"/counter/new/{query}", {"services": services or ("senior-rides",)})
    assert chosen.status_code == 302, chosen.content.decode()
    return str(chosen["Location"])


def apply(browser: Client, given: dict[str, str], *services: str) -> str:
    """Take an application from the services to its reference."""
    draft = begin(browser, *services)
    form = browser.post(draft, given)
    assert form.status_code == 302, sentences(form)
    papers = browser.post(f"{draft}papers/", {"identity-card": upload(), "photo": upload()})
    assert papers.status_code == 302, sentences(papers)
    sent = browser.post(f"{draft}check/", {"consent": "yes"})
    assert sent.status_code == 302, sentences(sent)
    return str(sent["Location"]).rstrip("/").rpartition("/")[2]


def approve(ref: str, service: str = "senior-rides", agency: str = "social-welfare") -> None:
    """Approve a part as its agency's reviewer."""
    applying.decide(decision=_decision(ref, service, "approve"), actor=reviewer(agency), now=now())


def ask_for(ref: str, *papers: str, service: str = "senior-rides") -> int:
    """Ask for papers as the reviewer; returns the part."""
    part_id, version = _part(ref, service)
    applying.ask_supplement(
        part_id=part_id,
        version=version,
        papers=papers,
        note="請補一張看得清楚的照片。",
        actor=reviewer(),
        now=now(),
    )
    return part_id


def print_of(ref: str) -> issuing.PrintJob:
    """Return the card of a case."""
    whose = applications.find(ref=ref)
    (job,) = issuing.jobs_of_applications(application_ids=[whose.application_id])
    return job


def send(browser: Client, here: str) -> None:
    """Print the card that is seen."""
    (sha256,) = re.findall(r'name="sha256" value="(\w{64})"', browser.get(here).content.decode())
    assert browser.post(f"{here}send/", {"sha256": sha256}).status_code == 302


def card_in_hand(city: City, clerk: Client, given: dict[str, str]) -> str:
    """Take somebody from the form to the card in their hand; returns the case's reference."""
    ref = apply(clerk, given)
    city.settle()
    approve(ref)
    here = f"/counter/prints/{print_of(ref).print_id}/"
    clerk.post(f"{here}draw/")
    send(clerk, here)
    city.settle()
    assert clerk.post(f"{here}hand-over/").status_code == 302
    return ref


def handle_in(page: str) -> str:
    """Return the address of the first person on a page."""
    found = re.search(r'href="(/counter/people/[^"/]+/)"', page)
    assert found, page
    return found.group(1)


def sentences(answer: Any) -> str:
    """Return a page's text, without its marks."""
    text = re.sub(r"<(script|style|svg).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def _decision(ref: str, service: str, decision: Any) -> applications.PartDecision:
    part_id, version = _part(ref, service)
    return applications.PartDecision(part_id=part_id, decision=decision, version=version)


def _part(ref: str, service: str) -> tuple[int, int]:
    whose = applications.find(ref=ref)
    resident = Actor(id="nobody", kind="resident", member_id=whose.member_id)
    case = applications.case(ref=ref, actor=resident)
    part = next(each for each in case.parts if each.service == service)
    return part.part_id, part.version
