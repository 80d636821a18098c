"""A card on its way: preview, print, hand over; or say that it is spoiled."""

import base64
import hashlib
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.flows import issuing_cards
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound, Refused
from citycard.people import api as people
from citycard.portals import card_fees
from citycard.portals.counter import papers
from citycard.portals.counter.case import CHANGED, print_line
from citycard.portals.counter.handles import handle_of
from citycard.portals.counter.shell import ROLES, again, counter_of, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

FIELDS: Final = ("name", "photo", "cards", "application", "id_masked")
SPOILED: Final = (
    ("smudged", gettext_lazy("印得不清楚")),
    ("wrong_colour", gettext_lazy("顏色或位置不對")),
    ("scratched", gettext_lazy("卡片刮傷或變形")),
    ("wrong_face", gettext_lazy("照片或姓名要改")),
    ("chip_dead", gettext_lazy("晶片讀不到")),
)
_STEP_OF = {"queued": 1, "ready": 2, "printing": 3, "printed": 3, "handed_over": 4, "cancelled": 1}


@door(roles=ROLES)
def card(request: HttpRequest, print_id: int) -> HttpResponse:
    """Show a card as far as it is: the bitmap that is printed, and the one next step."""
    return show(request, print_id)


@door(roles=ROLES)
def draw(request: HttpRequest, print_id: int) -> HttpResponse:
    """Set a blank aside and draw the card's face on it."""
    return _step(
        request,
        print_id,
        lambda: issuing_cards.preview(
            print_id=print_id,
            actor=actor_of(request),
            now=clock.now(),
            draw_again="again" in request.POST,
        ),
    )


@door(roles=ROLES)
def send(request: HttpRequest, print_id: int) -> HttpResponse:
    """Print exactly the bitmap that the clerk saw."""
    return _step(
        request,
        print_id,
        lambda: issuing_cards.print_card(
            print_id=print_id,
            sha256=request.POST.get("sha256", ""),
            actor=actor_of(request),
            now=clock.now(),
        ),
    )


@door(roles=ROLES)
def spoiled(request: HttpRequest, print_id: int) -> HttpResponse:
    """Say why a printed card is not right; its blank is spoiled, the card is made again."""
    reason = request.POST.get("reason", "")
    if reason not in dict(SPOILED):
        return show(request, print_id, no_reason=True)
    return _step(
        request,
        print_id,
        lambda: issuing_cards.say_spoiled(
            print_id=print_id, reason=reason, actor=actor_of(request), now=clock.now()
        ),
        said=_("已作廢這張空白卡，請重新預覽製卡。"),
    )


@door(roles=ROLES)
def give_up(request: HttpRequest, print_id: int) -> HttpResponse:
    """Make no card after all; its blank goes back to stock, what was approved stays."""
    return _step(
        request,
        print_id,
        lambda: issuing_cards.give_up(print_id=print_id, actor=actor_of(request), now=clock.now()),
        said=_("不製卡了。空白卡已退回庫存，核准的服務不受影響。"),
    )


@door(roles=ROLES)
def hand_over(request: HttpRequest, print_id: int) -> HttpResponse:
    """Hand the card to its holder, whose document the clerk has just seen."""
    return _step(
        request,
        print_id,
        lambda: issuing_cards.hand_over(
            print_id=print_id, actor=actor_of(request), now=clock.now()
        ),
        said=_("卡片已交付，現在就可以使用。"),
    )


@door(roles=ROLES)
def pulse(request: HttpRequest, print_id: int) -> HttpResponse:
    """Tell the page whether the printer has finished; this opens nobody's data."""
    job = issuing.print_job(print_id=print_id)
    answer = HttpResponse(status=204)
    if request.GET.get("seen") != str(job.version):
        answer["HX-Trigger"] = CHANGED
    return answer


@door(roles=ROLES)
def crop(request: HttpRequest, print_id: int) -> HttpResponse:
    """Move the photo's box of a card that is not printed yet; it is drawn again after."""
    job = issuing.print_job(print_id=print_id)
    here = reverse("counter:print", args=[print_id])
    if job.state not in (issuing.states.QUEUED, issuing.states.READY):
        return HttpResponseRedirect(here)
    access = _open(request, job, "photo", "application")
    case = applications.case(ref=job.ref, access=access)
    photo = next((one for one in case.documents if one.kind == "photo"), None)
    if photo is None:
        return HttpResponseRedirect(here)
    refused: Refused | None = None
    if request.method == "POST":
        try:
            _cut(request, job, photo)
        except Refused as refusal:
            refused = again(refusal)
        else:
            stays = "move" in request.POST
            return HttpResponseRedirect(request.path if stays else here)
    _about, content = applications.document_content(access=access, document_id=photo.id)
    return page(
        request,
        "crop",
        refused=refused,
        photo=photo,
        picture=_embedded(content, photo.media_type),
        back=here,
        ratio=papers.ratio(),
    )


def show(
    request: HttpRequest,
    print_id: int,
    *,
    refused: Refused | None = None,
    no_reason: bool = False,
) -> HttpResponse:
    """Draw a card's page, with why the last step was not taken."""
    job = issuing.print_job(print_id=print_id)
    access = _open(request, job, *FIELDS)
    return page(
        request,
        "print",
        refused=refused,
        status=422 if no_reason else None,
        no_reason=no_reason,
        job=job,
        line=print_line(job),
        step=_STEP_OF[job.state],
        who=people.profile(access=access, member_id=job.member_id),
        handle=handle_of(request, job.member_id),
        is_elsewhere=job.state == issuing.states.READY and job.counter != counter_of(request),
        has_photo=_has_photo(access, job),
        reasons=SPOILED,
        fault=_fault(job.last_fault),
        medium=name_of("medium", job.medium),
        to_pay=_to_pay(access, job),
        **_bitmap(access, job),
    )


def _step(request: HttpRequest, print_id: int, take: Any, said: str = "") -> HttpResponse:
    """Take one step and show the card again; a refusal is shown in place, as things stand now."""
    if request.method == "POST":
        try:
            take()
        except Refused as refusal:
            return show(request, print_id, refused=again(refusal))
        if said:
            messages.success(request, said)
    return HttpResponseRedirect(reverse("counter:print", args=[print_id]))


def _open(request: HttpRequest, job: issuing.PrintJob, *fields: str) -> Access:
    return people.open_access(
        subject=job.member_id,
        fields=fields,
        purpose=issuing_cards.PRINTING,
        actor=actor_of(request),
        now=clock.now(),
    )


def _bitmap(access: Access, job: issuing.PrintJob) -> dict[str, Any]:
    """Return the kept bitmap, embedded: what is seen is what is printed, under one access."""
    try:
        kept = issuing.preview(access=access, print_id=job.print_id)
    except NotFound:
        return {"bitmap": "", "sha256": ""}
    assert hashlib.sha256(kept.png).hexdigest() == kept.sha256, "the bitmap is what its mark says"
    return {"bitmap": _embedded(kept.png, "image/png"), "sha256": kept.sha256}


def _to_pay(access: Access, job: issuing.PrintJob) -> str:
    """Say what the holder pays before the card is theirs; afterwards it is one of their cards."""
    if job.state in ("handed_over", "cancelled"):
        return ""
    held = cards.cards_of(access=access, member_id=job.member_id)
    return card_fees.to_pay(job.card_kind, held)


def _has_photo(access: Access, job: issuing.PrintJob) -> bool:
    case = applications.case(ref=job.ref, access=access)
    return any(one.kind == "photo" for one in case.documents)


def _cut(request: HttpRequest, job: issuing.PrintJob, photo: applications.Document) -> None:
    with unit_of_work():
        applications.set_crop(
            application_id=job.application_id,
            box=papers.wanted_box(request.POST, photo),
            actor=actor_of(request),
            now=clock.now(),
        )
    if job.state == issuing.states.READY and "move" not in request.POST:
        issuing_cards.preview(
            print_id=job.print_id, actor=actor_of(request), now=clock.now(), draw_again=True
        )


def _embedded(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _fault(code: str | None) -> str:
    """Say why the last attempt spoiled its blank."""
    if not code:
        return ""
    if code.startswith("printer:"):
        return _("印卡機回報：%(why)s") % {"why": code.removeprefix("printer:")}
    return str(dict(SPOILED).get(code, code))
