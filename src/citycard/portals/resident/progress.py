"""How an application stands, in the words and pictures of the design system."""

from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.infra.web.parts import Entry
from citycard.portals.naming import in_language, name_of
from citycard.portals.standing import badge_of


def entries(case: applications.Case) -> list[Entry]:
    """Return what happened, newest first, as a timeline."""
    names = {part.service: in_language(part.name) for part in case.parts}
    newest_first = list(reversed(case.timeline))
    return [
        Entry(
            title=_(step.code),
            at=step.at,
            body=" · ".join(
                filter(
                    None,
                    [
                        names.get(step.service or "", ""),
                        name_of("agency", step.agency) if step.agency else "",
                    ],
                )
            ),
            # what happened needs no badge; how the case stands is said once, at the newest step
            state=badge_of(case) if place == 0 else "",
            is_current=place == 0 and case.closed_at is None,
        )
        for place, step in enumerate(newest_first)
    ]
