"""What the house's auditor asks of rights: nothing overdue, nothing held that isn't stored,
nothing stored twice."""

import datetime as dt

from citycard.entitlements.allowances_verifying import verify_allowances
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.findings import Finding

PATIENCE = dt.timedelta(days=2)


def verify(*, now: dt.datetime) -> list[Finding]:
    """Return what doesn't add up: boundaries nobody decided, rights held without a row or the
    reverse, rights stored twice, monthly allowances beside the rules or the books."""
    today = current_pack().time.day(now)
    findings = []
    for one in rows(
        "SELECT count(*) AS members, min(check_on) AS since FROM entitlements_next_check WHERE"
        " check_on < %s",
        [today - PATIENCE],
    ):
        if one.members:
            says = f"{one.members} members have waited for a new decision since {one.since}"
            findings.append(Finding(check="entitlements.overdue", about="", says=says))
    for one in rows(statement(__file__, "held_differs"), [today, today]):
        says = f"announced as held: {one.announced}; stored for today: {one.stored}"
        findings.append(
            Finding(check="entitlements.held", about=f"member {one.member_id}", says=says)
        )
    for one in rows(statement(__file__, "overlapping")):
        says = f"{one.entitlement} stands twice on a day"
        findings.append(
            Finding(check="entitlements.overlapping", about=f"member {one.member_id}", says=says)
        )
    return [*findings, *verify_allowances(now=now)]
