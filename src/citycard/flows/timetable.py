"""What the clock starts: jobs that run late or twice without harm, and never beside themselves."""

import datetime as dt

from citycard.agencies import api as agencies
from citycard.flows import (
    allowances,
    braking_rules,
    campaigning,
    crediting,
    expiring,
    following_register,
    keeping_rights,
    lapsing,
    listing_ends,
    offering_rights,
    reconciling,
    refunding,
    snapshotting,
    trying_policies,
)
from citycard.identity import api as identity
from citycard.infra import idempotency, partitions
from citycard.infra.jobs import Timed
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.people import api as people
from citycard.wallet import api as wallet


def make_months_ahead(now: dt.datetime) -> None:
    """Make the partitions of this month and the three after it."""
    with unit_of_work():
        partitions.ensure_months(now.date(), now.date() + dt.timedelta(days=95))


def analyze_this_month(now: dt.datetime) -> None:
    """Tell the planner what this month's partitions hold by now."""
    with unit_of_work():
        partitions.analyze_month(current_pack().time.day(now))


def seal_access_records(now: dt.datetime) -> None:
    """Close the last ten seconds of access records under a signed root and publish it."""
    people.seal_access_records(now=now)


def clear_expired(now: dt.datetime) -> None:
    """Delete sessions, sign-in challenges, used codes, keys of requests and systems' messages that
    are over."""
    with unit_of_work():
        identity.clear_expired(now=now)
        wallet.clear_uses(now=now)
        idempotency.clear(now=now)
        agencies.clear_messages(now=now)


def count_city_people(now: dt.datetime) -> None:
    """Let months go out whose late days are over and in which nothing changed since last night;
    count who could use each service in the others, and different people of several services
    together in months that have ended."""
    insight.keep_editions(now=now)
    insight.count_reach(now=now)
    insight.count_city_people(now=now)


TIMETABLE: list[Timed] = [
    Timed(name="months-ahead", cron="17 3 * * *", run=make_months_ahead),
    Timed(name="month-statistics", cron="27 * * * *", run=analyze_this_month),
    Timed(name="seal-access-records", cron="* * * * * */10", run=seal_access_records),
    Timed(name="rights-due", cron="*/10 * * * *", run=keeping_rights.look_again),
    Timed(name="monthly-allowances", cron="9 * * * *", run=allowances.grant_ahead),
    Timed(name="rules-changed", cron="*/5 * * * *", run=braking_rules.follow_rules),
    Timed(name="right-offers", cron="23 8 * * *", run=offering_rights.offer_all),
    Timed(name="cancel-lists", cron="43 5 * * *", run=listing_ends.list_ends),
    Timed(name="register-files", cron="*/10 * * * *", run=following_register.look_in_folder),
    Timed(name="register-changes", cron="5 * * * *", run=following_register.fetch),
    Timed(name="erase-papers", cron="41 2 * * *", run=keeping_rights.erase_papers),
    Timed(name="expire-reservations", cron="* * * * * */15", run=expiring.expire),
    Timed(name="city-people", cron="17 4 * * *", run=count_city_people),
    Timed(name="loading-files", cron="23 * * * *", run=reconciling.fetch_files),
    Timed(name="reconcile", cron="37 5 * * *", run=reconciling.compare),
    Timed(name="account-lists", cron="11 * * * *", run=crediting.ask_for_lists),
    Timed(name="lapse-points", cron="4 * * * *", run=lapsing.run),
    Timed(name="return-budgets", cron="37 * * * *", run=campaigning.settle_ended),
    Timed(name="refund-runs", cron="* * * * * */5", run=refunding.go_on),
    Timed(name="policy-trials", cron="* * * * * */10", run=trying_policies.go_on),
    Timed(name="reader-snapshots", cron="*/5 * * * *", run=snapshotting.build),
    Timed(name="reader-snapshots-fresh", cron="* * * * *", run=snapshotting.refresh),
    Timed(name="clear-expired", cron="7 * * * *", run=clear_expired),
]
