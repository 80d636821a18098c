"""A copy of one's own data, for somebody who came to the counter for it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from citycard.infra import clock
from citycard.people import api as people
from citycard.portals import own_copy
from citycard.portals.counter.handles import member_of
from citycard.portals.counter.shell import ROLES
from citycard.portals.doors import actor_of, door

PURPOSE = "data-request"


@door(roles=ROLES)
def copy(request: HttpRequest, handle: str) -> HttpResponse:
    """Write the copy; that the clerk had it made stands in the person's access records, and on the
    copy itself.

    Source: Personal Data Protection Act, articles 3 and 10.
    """
    member_id = member_of(request, handle)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    access = people.open_access(
        subject=member_id,
        fields=own_copy.FIELDS,
        purpose=PURPOSE,
        actor=actor_of(request),
        now=clock.now(),
    )
    return own_copy.answer(
        access=access, member_id=member_id, ending="pdf", most=own_copy.AT_COUNTER
    )
