"""Papers at a door: what a browser hands in, and what may be looked at."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse

from citycard.applications import api as applications


def uploaded(request: HttpRequest) -> Iterator[tuple[str, bytes]]:
    """Yield every file that a form brought, as (field name, content)."""
    for paper, file in request.FILES.items():
        if file is not None and not isinstance(file, list):
            yield paper, file.read()


def as_file(found: applications.Document, content: bytes) -> HttpResponse:
    """Answer with a file, to be looked at and kept by nobody."""
    answer = HttpResponse(content, content_type=found.media_type)
    answer["Content-Disposition"] = "inline"
    answer["Cache-Control"] = "private, no-store"
    if found.media_type.startswith("image/"):  # a browser's own PDF viewer can't open in a sandbox
        answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
