"""The test harness. What a test may ask for:

`db` (or `@pytest.mark.django_db`)
    A migrated database; what the test writes is rolled back. The quickest; for contexts' faces.
`fresh_database` (module)
    A clone of its own with real commits, for subscribers, jobs, doors and threads. Every test of
    the module shares it. Has `.app_url`, `.owner_url`, `.environment()` for child processes.
`city` (module)
    A fresh database in which a pack is active and reactions can be settled: `city.settle()`.
    Which city: `pytestmark = pytest.mark.city("taoyuan")`; without a mark, taipei.
`live_city` (module)
    A city that runs as `citycard up` runs it, on the module's fresh database: doors, gate, worker
    and kiosk agent in processes of their own, 300 invented residents. `.visitor()` is a browser.
    It begins as a copy of a city that the run built once.
`owner_sql(statement, params)`
    Runs SQL as the tables' owner in the database of the moment, committed at once. (Inside `db`
    it doesn't see the test's own uncommitted rows.)
`durable_city` (module)
    A PostgreSQL of its own with fsync on, migrated, for tests that kill -9 the server:
    `.cluster.kill()`, `.cluster.start()`, `.database`.

Tests connect as the application's role. Tests marked `slow` run only with `--slow`.
"""

import contextlib
import functools
import gc
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest
import structlog
from django.conf import settings
from django.utils import translation

from citycard.infra.postgres.place import make_directory, state_root

# Thousands of tests and all of the city's code are loaded, and none of it is garbage: looking for
# some meanwhile would take a good part of the time.
gc.disable()

# xdist's workers inherit the environment that is set below.
TESTS_STATE = state_root() if "PYTEST_XDIST_WORKER" in os.environ else state_root() / "tests"

# Before Django reads its settings: a state directory, keys and a demo of the tests' own, and no
# way to a real database.
os.environ.update(
    CITYCARD_STATE=str(TESTS_STATE),
    CITYCARD_KEYS=str(TESTS_STATE / "keys" / "keys.json"),
    CITYCARD_SECRET_KEY="cookies-of-tests-are-signed-with-this",
    CITYCARD_DEMO="1",
    CITYCARD_CITY="taipei",
    CITYCARD_DB_POOL="0",
    CITYCARD_HOSTS="localhost,127.0.0.1,testserver",
    DATABASE_URL="postgresql:///only-with-a-database-fixture?host=/nonexistent",
    DJANGO_SETTINGS_MODULE="citycard.config.settings",
)
os.environ.pop("MIGRATE_DATABASE_URL", None)

from citycard.config.preparing import compile_texts  # noqa: E402 - the environment above comes first
from citycard.infra.postgres.cluster import one_at_a_time  # noqa: E402 - as above
from tests.harness import ordering  # noqa: E402 - as above
from tests.harness.cities import City, DurableCity, durable  # noqa: E402 - as above
from tests.harness.databases import Clone, Databases  # noqa: E402 - as above
from tests.harness.live import BuiltCity, LiveCity, built, live  # noqa: E402 - as above
from tests.harness.ordering import Scales, Schedule, in_order  # noqa: E402 - as above

OUTSIDE = pytest.StashKey[Path]()

# A shared or busy machine is slow now and then; that says nothing about the code. And what is drawn
# is the same in each run: `--hypothesis-profile=searching` draws anew, to look further.
for name, same in (("citycard", True), ("searching", False)):
    hypothesis.settings.register_profile(
        name,
        deadline=None,
        derandomize=same,
        database=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
hypothesis.settings.load_profile("citycard")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")
    parser.addoption("--weigh", action="store_true", help="write down how long each file lasts")


def pytest_configure(config: pytest.Config) -> None:
    keys = Path(os.environ["CITYCARD_KEYS"])
    make_directory(keys.parent, mode=0o700)
    with one_at_a_time(TESTS_STATE / "keys.lock"):
        if not keys.exists():
            from citycard.infra.crypto import make_keys

            make_keys(keys, made_at="2026-01-01T00:00:00+00:00")
        compile_texts()
    django.setup()  # pytest-django does it only where it finds settings before this file does
    # WhiteNoise warns without a directory of collected files, and warnings are errors here.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    config.option.loadscopereorder = False  # xdist's own order: most tests first, however short
    if config.getoption("--weigh") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Scales())
    _give_outside_systems_of_its_own(config)


def _give_outside_systems_of_its_own(config: pytest.Config) -> None:
    """A demo register that one process switches off stays up for the tests of another."""
    from citycard.config.ports import provide_adapters

    outside = tempfile.TemporaryDirectory(prefix="citycard-outside-")
    config.add_cleanup(outside.cleanup)
    config.stash[OUTSIDE] = Path(outside.name)
    provide_adapters(config.stash[OUTSIDE])


@pytest.fixture(scope="session", autouse=True)
def _light_passwords() -> Iterator[None]:
    """Keep staff passwords by a light hash where they are only the way in; a full one is two tenths
    of a second each. The tests of signing in (tests/identity) use the full one."""
    from argon2 import PasswordHasher

    from citycard.identity import staff_login

    full, staff_login._hasher = (
        staff_login._hasher,
        PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
    )
    yield
    staff_login._hasher = full


@pytest.fixture(autouse=True)
def _first_language() -> None:
    """Speak the city's first language, whatever language the last page of another test was in."""
    translation.activate("zh-hant")


@pytest.fixture(autouse=True)
def _logs_can_be_caught() -> None:
    """Bind no log for good: what another test had said to it would keep `capture_logs` from it."""
    structlog.configure(cache_logger_on_first_use=False)


@pytest.fixture(scope="session")
def outside(pytestconfig: pytest.Config) -> Path:
    """The directory in which the demo's outside systems keep what they were told."""
    return pytestconfig.stash[OUTSIDE]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        left_out = [item for item in items if item.get_closest_marker("slow")]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if not item.get_closest_marker("slow")]
    if hasattr(config, "workerinput"):
        items[:] = in_order(items, workers=config.workerinput["workercount"])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Schedule | None:
    """Give out files whole, and those of one running city to one worker, which builds it once."""
    return Schedule(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The test cluster; started once, kept running for the next run."""
    found = Databases(TESTS_STATE)
    found.start()
    yield found
    found.cluster.leave()


@pytest.fixture(scope="session")
def django_db_setup(databases: Databases, django_db_blocker: Any) -> Iterator[None]:
    """Give pytest-django's `db` a clone instead of a database made by Django's runner."""
    with databases.clone() as clone, django_db_blocker.unblock(), _using(clone):
        yield


@pytest.fixture(scope="module")
def fresh_database(databases: Databases, django_db_blocker: Any) -> Iterator[Clone]:
    """A clone for this module alone, with real commits."""
    with databases.clone() as clone, django_db_blocker.unblock(), _using(clone):
        yield clone


@pytest.fixture(scope="module")
def city(request: pytest.FixtureRequest, fresh_database: Clone) -> Iterator[City]:
    """A fresh database in which the module's city lives."""
    yield from City.settled_in(fresh_database, code=_code_of(request))


@pytest.fixture(scope="session")
def built_cities(databases: Databases) -> Iterator[Callable[[str], BuiltCity]]:
    """Demo cities by their code, each built when it is first asked for."""
    with contextlib.ExitStack() as kept:

        @functools.cache
        def built_city(code: str) -> BuiltCity:
            root = TESTS_STATE / "live" / f"built-{code}-{os.getpid()}"
            return kept.enter_context(built(code, databases=databases, root=root))

        yield built_city


@pytest.fixture(scope="module")
def live_city(
    request: pytest.FixtureRequest,
    databases: Databases,
    built_cities: Callable[[str], BuiltCity],
    django_db_blocker: Any,
) -> Iterator[LiveCity]:
    """The module's city, running for real; everything is stopped at the end."""
    from citycard.config import wiring

    code = _code_of(request)
    known = ordering.LIVE.get(request.node.nodeid)
    assert known == code, f"say in {ordering.__file__} that {request.node.nodeid} lives in {code}"
    root = TESTS_STATE / "live" / f"{code}-{os.getpid()}"
    begins_as = built_cities(code)
    with (
        databases.clone(of=begins_as.database) as clone,
        django_db_blocker.unblock(),
        _using(clone),
        wiring.city(code),
        live(code, database=clone, root=root, begins_as=begins_as) as running,
    ):
        yield running


def _code_of(request: pytest.FixtureRequest) -> str:
    mark = request.node.get_closest_marker("city")
    return str(mark.args[0]) if mark else "taipei"


@pytest.fixture
def owner_sql(databases: Databases) -> Callable[..., list[Any]]:
    """SQL as the owner, in the database that Django is connected to at the moment."""
    from django.db import connection

    from tests.harness.databases import clone_of

    return clone_of(databases.cluster, str(connection.settings_dict["NAME"])).owner_sql


@pytest.fixture(scope="module")
def durable_city(django_db_blocker: Any) -> Iterator[DurableCity]:
    """A server of its own with fsync on; it may be killed at any moment."""
    with durable(TESTS_STATE) as made, django_db_blocker.unblock(), _using(made.database):
        yield made


class _using:  # noqa: N801 - reads as a statement
    """Point Django's connection (of every thread) at a clone, and back again."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone

    def __enter__(self) -> None:
        from django.db import connections

        from citycard.config.databases import django_database

        settings = connections.settings["default"]
        connections["default"].close()
        self.before = dict(settings)
        wanted = django_database(self.clone.app_url, pool=0)
        settings.update(
            {name: wanted[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
        )
        connections["default"].settings_dict.update(settings)

    def __exit__(self, *_: object) -> None:
        from django.db import connections

        assert threading.current_thread() is threading.main_thread()
        connections["default"].close()
        connections.settings["default"].update(self.before)
        connections["default"].settings_dict.update(self.before)
