"""Papers and the photo of an application: taken in, checked at once, the photo cut to the card."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.errors import Refused
from citycard.portals import filling
from citycard.portals.counter.asking import draft_of, missing_lines, missing_of
from citycard.portals.counter.shell import ROLES, again, page, today
from citycard.portals.doors import actor_of, door
from citycard.portals.papers import as_file, take_files

_STEP = 40  # a press moves the box by a fortieth of the photo's longer side
_MOVES = {
    "left": (-1, 0, 0),
    "right": (1, 0, 0),
    "up": (0, -1, 0),
    "down": (0, 1, 0),
    "bigger": (0, 0, 1),
    "smaller": (0, 0, -1),
}


@door(roles=ROLES)
def papers(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Take papers and the photo, all in one go; what isn't right stands beside its own line."""
    mine = draft_of(request, draft)
    if isinstance(mine, HttpResponse):
        return mine
    wrong: dict[str, str] = {}
    if request.method == "POST":
        wrong = take_files(request, str(draft))
        if not wrong:
            return HttpResponseRedirect(_after(request, draft))
        mine = applications.draft(public_id=str(draft), actor=actor_of(request))
    wanted = filling.wanted_papers(mine, today())
    for one in wanted:
        one["wrong"] = wrong.get(one["paper"], "")
    return page(
        request,
        "papers",
        status=422 if wrong else None,
        draft=mine,
        wanted=wanted,
        is_complete=all(one["document"] for one in wanted),
        photo=next((one["document"] for one in wanted if one["is_photo"]), None),
        services=filling.services_of(mine),
        missing=missing_lines(mine, missing_of(request, mine)),
    )


@door(roles=ROLES)
def document(request: HttpRequest, draft: uuid.UUID, document: uuid.UUID) -> HttpResponse:
    """Show a file that this clerk took in."""
    found, content = applications.own_document(
        public_id=str(draft), document_id=str(document), actor=actor_of(request)
    )
    return as_file(found, content)


@door(roles=ROLES)
def crop(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Move the box that goes on the card."""
    mine = draft_of(request, draft)
    if isinstance(mine, HttpResponse):
        return mine
    photo = next((one for one in mine.documents if one.kind == "photo"), None)
    if photo is None:
        return HttpResponseRedirect(reverse("counter:papers", args=[draft]))
    refused: Refused | None = None
    if request.method == "POST":
        try:
            with unit_of_work():
                applications.crop_draft_photo(
                    public_id=str(draft),
                    box=wanted_box(request.POST, photo),
                    actor=actor_of(request),
                    now=clock.now(),
                )
        except Refused as refusal:
            refused = again(refusal)
        else:
            stays = "move" in request.POST
            back = reverse("counter:crop" if stays else "counter:papers", args=[draft])
            return HttpResponseRedirect(back)
    return page(
        request,
        "crop",
        refused=refused,
        photo=photo,
        picture=reverse("counter:document", args=[draft, photo.id]),
        back=reverse("counter:papers", args=[draft]),
        ratio=ratio(),
    )


def wanted_box(given: Mapping[str, Any], photo: applications.Document) -> dict[str, int]:
    """Return the box that was asked for: the numbers given, moved by the button pressed."""
    now = photo.crop or {}
    box = {side: _number(given.get(side), now.get(side, 0)) for side in ("x", "y", "w", "h")}
    return moved(box, str(given.get("move", "")), photo.width or 0, photo.height or 0)


def moved(box: Mapping[str, int], move: str, width: int, height: int) -> dict[str, int]:
    """Return a box moved or resized by one step, inside the photo, in the card's proportions."""
    across, down = ratio()
    step = max(1, max(width, height) // _STEP)
    dx, dy, grows = _MOVES.get(move, (0, 0, 0))
    most = min(width // across, height // down)
    units = min(max(box["w"] // across + grows * max(1, step // across), most // 4, 1), most)
    w, h = units * across, units * down
    x = box["x"] + dx * step - (w - box["w"]) // 2
    y = box["y"] + dy * step - (h - box["h"]) // 2
    return {"x": min(max(x, 0), width - w), "y": min(max(y, 0), height - h), "w": w, "h": h}


def ratio() -> tuple[int, int]:
    """Return width : height of the photo on the card."""
    across, down = current_pack().table("papers")["photo"]["ratio"]
    return int(across), int(down)


def _after(request: HttpRequest, draft: uuid.UUID) -> str:
    """Go on to the check when everything is there, or stay and look at what came in."""
    if "on" in request.POST and not request.FILES:
        return reverse("counter:check", args=[draft])
    return reverse("counter:papers", args=[draft])


def _number(text: Any, otherwise: int) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return int(otherwise)
