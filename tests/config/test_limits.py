"""The database's limits of time: what each process tells it, and what a person is told then."""

import os
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest

from citycard.config import limits
from tests.harness.databases import Clone


def run(database: Clone, code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=database.environment() | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SHOW = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
                 "enable_seqscan"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
"""


@pytest.mark.parametrize(
    ("process", "told"),
    [
        ("from citycard.config import wsgi", "30s 10s 1min on"),
        ("from citycard.config import gate", "10s 5s 15s off"),
        (
            "import django; from citycard.config import limits; limits.say_process('worker');"
            " django.setup()",
            "15min 1min 5min on",
        ),
        ("import django; django.setup()", "0 0 0 on"),
    ],
)
def test_each_process_has_its_own_limits_and_commands_none(
    fresh_database: Clone, process: str, told: str
) -> None:
    assert run(fresh_database, process + SHOW).split() == told.split()


def test_an_operator_may_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_PROCESS", "doors")
    monkeypatch.setenv("CITYCARD_STATEMENT_LIMIT_S", "3")
    assert "statement_timeout=3s -c lock_timeout=3s" in limits.connection_options()
    monkeypatch.setenv("CITYCARD_STATEMENT_LIMIT_S", "0")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=64MB")
    assert limits.connection_options() == "-c work_mem=64MB"


DOOR = """
import io, sys, types
from citycard.config.wsgi import application
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from citycard.infra.database import execute
from citycard.infra.unit_of_work import unit_of_work

def hang(request):
    with unit_of_work():
        execute("CREATE TEMPORARY TABLE changed (id int)")
        execute("SELECT pg_sleep(60)")
    return HttpResponse("never")

hanging = sys.modules["hanging"] = types.ModuleType("hanging")
from citycard.config import urls
hanging.urlpatterns = [path("hang", hang), *urls.urlpatterns]
settings.ROOT_URLCONF = "hanging"
said = {}
def answered(status, headers):
    said["status"], said["headers"] = status, dict(headers)
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/hang", "SERVER_NAME": "localhost",
           "SERVER_PORT": "80", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
           "HTTP_ACCEPT": sys.argv[1], "HTTP_ACCEPT_LANGUAGE": sys.argv[2]}
body = b"".join(application(environ, answered)).decode()
print(said["status"], said["headers"].get("Retry-After"))
print(body)
"""


@pytest.mark.parametrize(
    ("accept", "language", "words"),
    [
        ("text/html", "zh-hant", ["現在太忙了", "資料沒有任何變更", "一分鐘後再試"]),
        ("text/html", "en", ["Too busy just now", "Nothing was changed", "in a minute"]),
        ("application/json", "en", ["infra.takes_too_long", "Nothing was changed"]),
    ],
)
def test_a_statement_that_hangs_at_a_door_is_cut_and_told(
    fresh_database: Clone, accept: str, language: str, words: list[str]
) -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", DOOR, accept, language],
        env=fresh_database.environment() | {"CITYCARD_STATEMENT_LIMIT_S": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert time.monotonic() - began < 55, "it waited for the statement itself"
    assert done.returncode == 0, done.stderr
    status, _, page = done.stdout.partition("\n")
    assert status == "503 Service Unavailable 60"
    for said in words:
        assert said in page


@pytest.mark.django_db
def test_cut_off_is_not_gone(owner_sql: Any) -> None:
    """A statement that took too long counts as poison, a lost connection as lost."""
    from django.db import DatabaseError, OperationalError, transaction

    from citycard.infra.database import allow_seconds, execute, is_too_slow, is_unreachable, scalar
    from citycard.infra.unit_of_work import unit_of_work

    slowly = "SELECT set_config('statement_timeout', '50ms', true); SELECT pg_sleep(5)"
    with pytest.raises(DatabaseError) as slow, transaction.atomic():
        execute(slowly)
    assert is_too_slow(slow.value)
    assert not is_unreachable(slow.value)
    lost = OperationalError("the server closed the connection")
    assert is_unreachable(lost)
    assert not is_too_slow(lost)
    with unit_of_work():
        allow_seconds(120)
        assert scalar("SHOW statement_timeout") == "2min"


assert "CITYCARD_PROCESS" not in os.environ, "tests themselves run without limits"
