"""The harness keeps its own promises: roles, roll-back, real commits in a clone of one's own."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.harness.databases import Clone

COUNT = "SELECT count(*) FROM procrastinate_jobs"
INSERT = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')"


def run(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.django_db
def test_tests_are_the_application_role_and_own_nothing(
    owner_sql: Callable[..., list[Any]],
) -> None:
    assert run("SELECT current_user") == [("citycard_app",)]
    assert owner_sql("SELECT current_user") == [("citycard_owner",)]
    owned = run("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
    assert owned == [(0,)]


@pytest.mark.django_db
@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_test_writes_is_rolled_back(time: str) -> None:
    assert run(COUNT) == [(0,)]
    run(INSERT)


class TestFreshDatabase:
    """One clone for the module, real commits, the same for every thread."""

    def test_commits(self, fresh_database: Clone) -> None:
        run(INSERT)
        assert fresh_database.owner_sql(COUNT) == [(1,)]

    def test_other_threads_are_in_the_same_database(self, fresh_database: Clone) -> None:
        seen: list[Any] = []

        def look() -> None:
            seen.extend(run("SELECT current_database()"))
            connection.close()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert seen == [(fresh_database.name,)]


@pytest.mark.slow
def test_a_killed_durable_server_comes_back_with_its_data(durable_city: Any) -> None:
    run(INSERT)
    durable_city.cluster.kill()
    durable_city.cluster.start()
    connection.close()
    assert run(COUNT) == [(1,)]
