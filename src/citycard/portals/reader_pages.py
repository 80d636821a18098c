"""A reader's own page, for its agency and for operators: its numbers, what stands behind them."""

import datetime as dt
from typing import Any

from citycard.agencies import api as agencies
from citycard.infra.packs import current_pack
from citycard.portals import reader_health, reader_words
from citycard.portals.naming import in_language, name_of
from citycard.taps import api as taps

SHOWN_GAPS = 20
SHOWN = 50


def about(device: agencies.Device, at: dt.datetime) -> dict[str, Any]:
    """Return all that a reader's page shows."""
    [line] = reader_health.lines([device], at)
    profile = agencies.reader_profile(code=device.number_profile)
    gaps = taps.reader_gaps(reader_id=device.device_id, limit=SHOWN_GAPS + 1)
    return {
        "line": line,
        "device": device,
        "profile": in_language(profile.name),
        "faults": [
            (reader_words.name_of_fault(one), reader_words.what_to_do(one)) for one in line.faults
        ],
        "gaps": gaps[:SHOWN_GAPS],
        "more_gaps": len(gaps) > SHOWN_GAPS,
        "apart": [
            (one, reader_words.why_apart(one.why), reader_words.took(one.took))
            for one in taps.kept_apart(reader_id=device.device_id, limit=SHOWN)
        ],
        "refused": _refused(device.device_id, at),
        "posts": [
            (one, name_of("place", one.place), name_of("service", one.service))
            for one in agencies.device_posts(device_id=device.device_id)
        ],
        "epochs": [
            (one, reader_words.why_epoch(one.why))
            for one in agencies.device_epochs(device_id=device.device_id)
        ],
        "chart": reader_health.chart(device.device_id, at),
    }


def _refused(device_id: int, at: dt.datetime) -> list[tuple[agencies.UploadsRefused, str]]:
    since = current_pack().time.day(at - reader_health.REFUSALS_OF)
    return [
        (one, reader_words.name_of_problem(one.problem))
        for one in agencies.refused_uploads(since=since, device_id=device_id)
    ]
