"""Papers at a door: what a browser hands in, and what may be looked at."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.doors import actor_of


def take_files(request: HttpRequest, public_id: str) -> dict[str, str]:
    """Keep every uploaded file that is right; return paper → why for the others.

    :raises NotFound: there is no such application that the reader may add to
    """
    wrong = {}
    for paper, content in _uploaded(request):
        try:
            with unit_of_work():
                applications.add_document(
                    public_id=public_id,
                    paper=paper,
                    content=content,
                    actor=actor_of(request),
                    now=clock.now(),
                )
        except NotFound:
            raise
        except Refused as refusal:
            wrong[paper] = refusal_text(refusal)
    return wrong


def as_file(found: applications.Document, content: bytes) -> HttpResponse:
    """Answer with a file, to be looked at and kept by nobody."""
    answer = HttpResponse(content, content_type=found.media_type)
    answer["Content-Disposition"] = "inline"
    answer["Cache-Control"] = "private, no-store"
    if found.media_type.startswith("image/"):  # a browser's own PDF viewer can't open in a sandbox
        answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _uploaded(request: HttpRequest) -> Iterator[tuple[str, bytes]]:
    """Yield every file that a form brought, as (field name, content)."""
    for paper, file in request.FILES.items():
        if file is not None and not isinstance(file, list):
            yield paper, file.read()
