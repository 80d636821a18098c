"""The people of the city: members, facts in two times, grounds, register questions, and the gate
for personal data.

**Reading.** Open an access first, outside any unit of work; it is written down before data leaves::

    access = people.open_access(
        subject=member_id, fields={"name", "birth_on"}, purpose="counter-service", actor=actor,
        now=now
    )
    who = people.profile(access=access, member_id=member_id)

Purposes, roles and fields are the pack's table ``purposes``. One's own data opens without a record.
``search`` and ``questions`` open their own access. ``facts_of``, ``days_of_change``,
``answers_for_machines`` and ``member_ids_by_number`` are for rules and flows: no portal calls them.

**Writing.** ``enrol_many`` finds people by ID number or makes them members; ``record_facts`` says
what a
source says, for which days; ``update_from_register`` takes over a register's answer. All are
set-based and
need an open unit of work.

**Registers.** ``give_ground`` → ``open_register_queries`` → (commit) → ``questions`` → the port of
``people.ports`` → ``close_register_queries``. No question is opened without a ground in force, and
a
withdrawn consent stops those that wait.

**Feeds.** A register that tells changes by itself: ``read_feed_file`` (or a page of its API) →
``members_in_feed`` → an access → ``take_feed`` keeps them, sealed → ``begin_feed_run`` →
``apply_feed``, or ``throw_away_feed``; ``undo_feed`` takes a run back. ``flows.following_register``
does all of it, behind ``flows.braking``.

**Children.** ``record_guardian`` and ``end_guardian`` say who guards a child; ``guardians_of`` and
``children_of`` answer for a day, and majority ends it by itself. A ``guardian_only`` purpose
opens a child's data to their guardian alone.

**Proof.** ``seal_access_records`` runs every ten seconds; ``verify`` is part of ``citycard
verify``.

Events: see ``people.events``. Published relations: ``pub.members(member_id, district, birth_on,
sex, died_on)``; for rules in sets, as known now, ``pub.known_members(member_id, birth_on, sex,
died_on, id_kind)``, ``pub.known_facts(fact_id, member_id, name, value, valid)`` and
``pub.known_versions(member_id, version)``, a number that grows with every change of those (no
row: 0).
"""

from citycard.people.asking import (
    NoGround,
    RegisterAsk,
    RegisterResult,
    answers_for_machines,
    close_register_queries,
    open_register_queries,
    questions,
    register_results,
)
from citycard.people.enrolling import (
    Enrolled,
    MemberIncomplete,
    NewMember,
    NumberNoLongerValid,
    enrol_many,
)
from citycard.people.facts import days_of_change, facts_of, members_with, spans_of
from citycard.people.feed_applying import Applied, apply_feed, begin_feed_run, members_of_run
from citycard.people.feed_checking import change_of
from citycard.people.feed_queries import (
    days_covered,
    deliveries,
    feed_ground,
    feed_states,
    feed_words,
)
from citycard.people.feed_reading import read_feed_file
from citycard.people.feed_refusals import (
    FeedAgain,
    FeedCut,
    FeedEmpty,
    FeedEncoding,
    FeedGap,
    FeedHead,
    FeedLine,
    FeedSignature,
    FeedStrangers,
    FeedTotals,
    FeedTwice,
)
from citycard.people.feed_taking import (
    Taken,
    feed_cursor,
    members_in_feed,
    note_refused,
    note_silence,
    take_feed,
)
from citycard.people.feed_undoing import throw_away_feed, undo_feed
from citycard.people.feed_values import (
    Delivery,
    FeedFile,
    FeedState,
    FeedWords,
    RegisterChange,
)
from citycard.people.feed_writing import write_feed_file
from citycard.people.grounding import (
    Ground,
    GroundNotFound,
    LawIsNotWithdrawn,
    UnknownGroundKind,
    give_ground,
    ground_for,
    grounds_of,
    members_who_agreed,
    who_agreed,
    withdraw_ground,
)
from citycard.people.guarding import (
    Basis,
    Guardianship,
    NotAChild,
    NotTheirGuardian,
    children_of,
    end_guardian,
    guardians_of,
    is_minor,
    record_guardian,
)
from citycard.people.holding import statuses_of
from citycard.people.logbook import AccessEntry, access_log
from citycard.people.numbering import NumberTaken, member_ids_by_number, replace_number
from citycard.people.opening import Population, open_access
from citycard.people.ports import RegisterAnswer, RegisterQuestion
from citycard.people.profiles import Profile, profile, profiles
from citycard.people.purposes import FieldNotAllowed, PurposeNotAllowed, TooManyPeople
from citycard.people.recording import EmptyPeriod, NewFact, NoSuchMember, record_facts
from citycard.people.sealing import note_restore, seal_access_records
from citycard.people.searching import Match, search
from citycard.people.updating import (
    Contact,
    RegisterUpdate,
    change_contact,
    mark_verified,
    update_from_register,
)
from citycard.people.verifying import verify

__all__ = [
    "AccessEntry",
    "Applied",
    "Basis",
    "Contact",
    "Delivery",
    "EmptyPeriod",
    "Enrolled",
    "FeedAgain",
    "FeedCut",
    "FeedEmpty",
    "FeedEncoding",
    "FeedFile",
    "FeedGap",
    "FeedHead",
    "FeedLine",
    "FeedSignature",
    "FeedState",
    "FeedStrangers",
    "FeedTotals",
    "FeedTwice",
    "FeedWords",
    "FieldNotAllowed",
    "Ground",
    "GroundNotFound",
    "Guardianship",
    "LawIsNotWithdrawn",
    "Match",
    "MemberIncomplete",
    "NewFact",
    "NewMember",
    "NoGround",
    "NoSuchMember",
    "NotAChild",
    "NotTheirGuardian",
    "NumberNoLongerValid",
    "NumberTaken",
    "Population",
    "Profile",
    "PurposeNotAllowed",
    "RegisterAnswer",
    "RegisterAsk",
    "RegisterChange",
    "RegisterQuestion",
    "RegisterResult",
    "RegisterUpdate",
    "Taken",
    "TooManyPeople",
    "UnknownGroundKind",
    "access_log",
    "answers_for_machines",
    "apply_feed",
    "begin_feed_run",
    "change_contact",
    "change_of",
    "children_of",
    "close_register_queries",
    "days_covered",
    "days_of_change",
    "deliveries",
    "end_guardian",
    "enrol_many",
    "facts_of",
    "feed_cursor",
    "feed_ground",
    "feed_states",
    "feed_words",
    "give_ground",
    "ground_for",
    "grounds_of",
    "guardians_of",
    "is_minor",
    "mark_verified",
    "member_ids_by_number",
    "members_in_feed",
    "members_of_run",
    "members_who_agreed",
    "members_with",
    "note_refused",
    "note_restore",
    "note_silence",
    "open_access",
    "open_register_queries",
    "profile",
    "profiles",
    "questions",
    "read_feed_file",
    "record_facts",
    "record_guardian",
    "register_results",
    "replace_number",
    "seal_access_records",
    "search",
    "spans_of",
    "statuses_of",
    "take_feed",
    "throw_away_feed",
    "undo_feed",
    "update_from_register",
    "verify",
    "who_agreed",
    "withdraw_ground",
    "write_feed_file",
]
