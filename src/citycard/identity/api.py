"""Accounts and sign-ins.

**Signing in.** ``start_email_login`` / ``finish_email_login``; ``sign_in_staff``;
``start_certificate_login`` /
``sign_in_by_certificate``; in a demo ``personas`` / ``sign_in_persona``. Those that count wrong
tries, or ask a
port, open their own unit of work. The doors put the account into the session
(``portals.doors.sign_in``).

**Levels of assurance.** 0 none · 1 e-mail code · 2 register-matched, persona, or staff · 3 citizen
certificate or
confirmed at a counter. A session has the level of its own sign-in, never more than its account's.

**Whose account.** ``link_member`` says that an account is a member's, and asks for the proof;
``actor_of`` makes the
``Actor``. ``account:<id>``, ``staff:<id>`` and ``device:<code>`` are the actors' ids.

Sessions: ``citycard.identity.sessions`` is Django's session engine; ``stay`` notes a step of its
holder's, and one that sees none is over. Events: see
``identity.events``. Letters: the topic
``EMAIL_CODES``.
"""

from citycard.identity.accounts import (
    LEVEL_BY_CERTIFICATE,
    LEVEL_BY_EMAIL,
    LEVEL_BY_REGISTER,
    Account,
    AccountIsAnothers,
    MemberHasAccount,
    NewAccount,
    NoSuchAccount,
    ProofNeeded,
    account,
    account_of_member,
    account_of_staff,
    actor_of,
    link_by_email,
    link_member,
    open_accounts,
    own_email,
)
from citycard.identity.certificate_login import (
    CertificateChallenge,
    CertificateRefused,
    ChallengeOver,
    NotAMember,
    sign_in_by_certificate,
    start_certificate_login,
)
from citycard.identity.email_login import (
    BadEmail,
    CodeNoLongerValid,
    TooManyCodes,
    WrongCode,
    finish_email_login,
    start_email_login,
)
from citycard.identity.mailing import EMAIL_CODES
from citycard.identity.personas import (
    NoSuchPersona,
    Persona,
    PersonasAreOff,
    personas,
    personas_offered,
    register_persona,
    sign_in_persona,
)
from citycard.identity.rehearsing import demo_mails, present_demo_card
from citycard.identity.sessions import clear_expired, end_sessions_of, stay
from citycard.identity.staff_login import (
    STAFF_LEVEL,
    AccountIsLocked,
    PasswordTooShort,
    SignInFailed,
    StaffSecrets,
    open_staff_account,
    sign_in_staff,
)
from citycard.identity.verifying import verify

__all__ = [
    "EMAIL_CODES",
    "LEVEL_BY_CERTIFICATE",
    "LEVEL_BY_EMAIL",
    "LEVEL_BY_REGISTER",
    "STAFF_LEVEL",
    "Account",
    "AccountIsAnothers",
    "AccountIsLocked",
    "BadEmail",
    "CertificateChallenge",
    "CertificateRefused",
    "ChallengeOver",
    "CodeNoLongerValid",
    "MemberHasAccount",
    "NewAccount",
    "NoSuchAccount",
    "NoSuchPersona",
    "NotAMember",
    "PasswordTooShort",
    "Persona",
    "PersonasAreOff",
    "ProofNeeded",
    "SignInFailed",
    "StaffSecrets",
    "TooManyCodes",
    "WrongCode",
    "account",
    "account_of_member",
    "account_of_staff",
    "actor_of",
    "clear_expired",
    "demo_mails",
    "end_sessions_of",
    "finish_email_login",
    "link_by_email",
    "link_member",
    "open_accounts",
    "open_staff_account",
    "own_email",
    "personas",
    "personas_offered",
    "present_demo_card",
    "register_persona",
    "sign_in_by_certificate",
    "sign_in_persona",
    "sign_in_staff",
    "start_certificate_login",
    "start_email_login",
    "stay",
    "verify",
]
