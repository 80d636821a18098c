"""The table of reactions: who follows which events. There is no other place where one hides."""

from citycard.flows import (
    allowances,
    attending,
    bearing_losses,
    braking,
    campaigning,
    keeping_rights,
    offering_rights,
    riding,
    snapshotting,
    volunteering,
)
from citycard.infra.journal import Subscriber
from citycard.insight import api as insight
from citycard.notify import api as notify

SUBSCRIPTIONS: list[Subscriber] = [
    Subscriber(
        name="rights.facts",
        codes=frozenset({"people.facts.changed", "people.member.enrolled"}),
        handle=keeping_rights.follow_facts,
        batch=100,
    ),
    Subscriber(
        name="allowances.months",
        codes=allowances.FOLLOWED,
        handle=allowances.follow,
        batch=100,
    ),
    Subscriber(
        name="cards.single_rights",
        codes=frozenset({"entitlements.right.ended"}),
        handle=keeping_rights.free_cards,
    ),
    Subscriber(
        name="cards.snapshots",
        codes=snapshotting.FOLLOWED,
        handle=snapshotting.follow_cards,
        batch=100,
    ),
    Subscriber(
        name="taps.losses",
        codes=bearing_losses.FOLLOWED,
        handle=bearing_losses.follow,
        batch=100,
    ),
    Subscriber(
        name="applications.consent",
        codes=frozenset({"people.ground.withdrawn"}),
        handle=keeping_rights.stop_questions,
    ),
    Subscriber(
        name="rights.offers",
        codes=frozenset({"people.facts.changed"}),
        handle=offering_rights.follow_facts,
        batch=100,
    ),
    Subscriber(
        name="rights.mass_changes",
        codes=frozenset({"agencies.proposal.ended"}),
        handle=braking.follow_ends,
    ),
    Subscriber(
        name="activities.happenings",
        codes=campaigning.FOLLOWED,
        handle=campaigning.reward,
        batch=50,
    ),
    Subscriber(
        name="activities.volunteers",
        codes=frozenset({volunteering.STORED}),
        handle=volunteering.follow_taps,
        batch=100,
    ),
    Subscriber(
        name="attendance.stays",
        codes=frozenset({"taps.batch.stored"}),
        handle=attending.follow_taps,
        batch=100,
    ),
    Subscriber(
        name="attendance.notices",
        codes=frozenset({attending.PASSED}),
        handle=attending.tell_guardians,
        batch=50,
    ),
    Subscriber(
        name="attendance.consent",
        codes=frozenset({"people.ground.withdrawn"}),
        handle=attending.follow_withdrawals,
    ),
    Subscriber(
        name="fares.readings",
        codes=frozenset({riding.KEPT}),
        handle=riding.follow_readings,
        batch=50,
    ),
    Subscriber(name="fares.changes", codes=riding.FOLLOWED, handle=riding.follow_changes, batch=50),
    Subscriber(
        name="fares.points",
        codes=frozenset({riding.DECIDED}),
        handle=riding.post_points,
        batch=10,
    ),
    Subscriber(
        name="insight.usage",
        codes=frozenset({"taps.batch.stored"}),
        handle=insight.absorb_taps,
        batch=100,
    ),
    Subscriber(name="notify.messages", codes=notify.FOLLOWED, handle=notify.tell_about, batch=100),
]
