"""What everybody may see of a draw: its terms, the list that was committed to, the proof, and the
program that recomputes it. Nothing of it names anybody."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from citycard.activities import api as activities
from citycard.flows import drawing
from citycard.infra import papers
from citycard.kernel.errors import NotFound
from citycard.portals.doors import ANYONE, door
from citycard.portals.naming import in_language, name_of
from citycard.portals.openapi import recompute_draw

SHOWN = 300
_FILES = {
    drawing.LIST_NAME: drawing.ENTRIES,
    f"{drawing.LIST_NAME}.sig": drawing.ENTRIES,
    drawing.PROOF_NAME: drawing.PROOF,
    f"{drawing.PROOF_NAME}.sig": drawing.PROOF,
}


@require_GET
@door(roles=ANYONE)
def draw(request: HttpRequest, draw_id: int) -> HttpResponse:
    """Show a draw with its terms, its commitment and its winners' pseudonyms."""
    found = activities.draw(draw_id=draw_id)
    campaign = activities.campaign(campaign_id=found.campaign_id)
    won = activities.winners(draw_id=draw_id)[:SHOWN]
    facts = {
        "draw": found,
        "name": in_language(found.names),
        "campaign_name": in_language(campaign.names),
        "agency": name_of("agency", campaign.agency),
        "prizes": [(in_language(prize.names), prize.count) for prize in found.prizes],
        "winners": [(one, in_language(found.prize_of(one.place).names)) for one in won],
    }
    return render(request, "openapi/draw.html", facts)


@require_GET
@door(roles=ANYONE)
def file(request: HttpRequest, draw_id: int, name: str) -> HttpResponse:
    """Download the list that was committed to, the proof, or the city's signature of one."""
    paper = papers.kept(kind=_FILES[name], about=str(draw_id)) if name in _FILES else None
    kept = paper.file(name.removesuffix(".sig")) if paper else None
    if kept is None:
        raise NotFound(what="file")
    if name.endswith(".sig"):
        return _attachment(kept.signature_file.content, name, kept.signature_file.media_type)
    return _attachment(kept.content, name, kept.media_type)


@require_GET
@door(roles=ANYONE)
def program(request: HttpRequest) -> HttpResponse:
    """Download the program that recomputes a draw."""
    content = Path(recompute_draw.__file__).read_bytes()
    return _attachment(content, "recompute_draw.py", "text/x-python; charset=utf-8")


def _attachment(content: bytes, name: str, media_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
