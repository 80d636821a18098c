"""What an organisation's doors know: the present list of cards and earlier versions, each signed.

People come in by session; a door's own system by its key, as an enrolled reader or a connected
system of that organisation. Its programme asks with ``If-None-Match`` and is told by 304 when
nothing changed.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_GET

from citycard.flows import listing_doors
from citycard.infra import papers
from citycard.infra.clock import now
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound
from citycard.portals.agency.rosters import ROLES, check_yours
from citycard.portals.agency.shell import attachment
from citycard.portals.doors import actor_of, door
from citycard.portals.openapi.calling import check_sandbox, client_of

MACHINES = frozenset({"reader", "agency_client"})
FILES = (listing_doors.LIST, listing_doors.CHANGES)


@require_GET
@door(roles=ROLES | MACHINES)
def present(request: HttpRequest, code: str) -> HttpResponse:
    """Give the present list; a new version where something changed since the last."""
    _check(request, code)
    actor, at = _actor(request), now()
    version = listing_doors.current_list(relation=code, actor=actor, now=at)
    tag = f'"{version.number}-{version.digest}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    file = listing_doors.handed_out(version=version, name=FILES[0], actor=actor, now=at)
    answer = _answer(file.content, f"{code}-{version.number}.csv", file.media_type)
    answer["ETag"] = tag
    answer["X-List-Version"] = str(version.number)
    answer["X-List-Signature"] = file.signature_file.content.decode().strip()
    return answer


@require_GET
@door(roles=ROLES | MACHINES)
def kept(request: HttpRequest, code: str, number: int, name: str) -> HttpResponse:
    """Give a file of a version as it was signed: the list, what changed, or a signature."""
    _check(request, code)
    found = [one for one in listing_doors.versions(relation=code) if one.number == number]
    wanted = name.removesuffix(".sig")
    if not found or wanted not in FILES:
        raise NotFound(what="file")
    file = listing_doors.handed_out(version=found[0], name=wanted, actor=_actor(request), now=now())
    given: papers.PaperFile | papers.KeptFile = file
    if name.endswith(".sig"):
        given = file.signature_file
    return _answer(given.content, f"{code}-{number}-{given.name}", given.media_type)


def _check(request: HttpRequest, code: str) -> None:
    """Stop whom the list is not for: another's people and machines, and a system that tries things
    out, where the people on it are real."""
    check_yours(request, code)
    if actor_of(request).kind == "agency_client":
        check_sandbox(client_of(request), "invented")


def _actor(request: HttpRequest) -> Actor:
    """Return who asks; a machine acts as such, whatever it is enrolled as."""
    actor = actor_of(request)
    if not actor.roles & MACHINES:
        return actor
    return Actor(id=actor.id, kind="device", roles=frozenset({"device"}), agency=actor.agency)


def _answer(content: bytes, name: str, media_type: str) -> HttpResponse:
    return attachment(content, name=name, media_type=media_type)
