"""Is everything there? Every missing or wrong thing is named at once."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from citycard.applications.answering import answers_missing
from citycard.applications.forms import PHOTO, Form, paper_name
from citycard.applications.values import Missing


def missing_from(
    form: Form,
    services: Sequence[str],
    answers: Mapping[str, Any],
    papers: Collection[str],
    *,
    held: Collection[str],
    on: dt.date,
) -> list[Missing]:
    """Return everything that keeps a draft from being submitted, in the form's order.

    :param papers: codes of the papers uploaded, ``photo`` among them
    :param held: rights that the person is known to hold already
    """
    found = _services_missing(form, services, held)
    known = [code for code in services if code in form.services]
    found += answers_missing(form, known, answers, on=on)
    for paper, service in form.papers_for(known, answers, on):
        if paper not in papers:
            found.append(
                Missing(
                    kind="paper",
                    code=paper,
                    why="paper_missing",
                    label=paper_name(code=paper),
                    service=service,
                )
            )
    if PHOTO not in papers:
        wants = [code for code in known if form.services[code].needs_photo]
        if wants:
            found.append(
                Missing(
                    kind="photo",
                    code=PHOTO,
                    why="paper_missing",
                    label=paper_name(code=PHOTO),
                    service=wants[0],
                )
            )
    return found


def _services_missing(form: Form, services: Sequence[str], held: Collection[str]) -> list[Missing]:
    if not services:
        return [Missing(kind="service", code="", why="no_service")]
    found = []
    for code in services:
        service = form.services.get(code)
        if service is None:
            label = {"zh-Hant": code, "en": code}
            found.append(Missing(kind="service", code=code, why="no_such_service", label=label))
            continue
        for other in service.not_with:
            if other in services and services.index(other) < services.index(code):
                found.append(_about(form, code, "not_with"))
        for other in service.needs:
            needed = form.services[other].entitlement if other in form.services else other
            if other not in services and needed not in held:
                found.append(_about(form, code, "needs_other"))
    return found


def _about(form: Form, code: str, why: str) -> Missing:
    name = form.services[code].name
    return Missing(kind="service", code=code, why=why, label=name, service=code)
