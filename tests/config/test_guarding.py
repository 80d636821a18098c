"""An instance that is no demo refuses to start with debug, personas or default keys."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from citycard.config.guarding import UnsafeInstance, dangers, refuse_if_unsafe
from citycard.infra.postgres.place import Place


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings of a city that may serve."""
    place = Place(root=tmp_path, city="taipei")
    place.keys.mkdir(parents=True, mode=0o700)
    keys = place.keys / "keys.json"
    keys.write_text("{}")
    keys.chmod(0o600)
    monkeypatch.setenv("CITYCARD_KEYS", str(keys))
    return SimpleNamespace(
        CITYCARD_DEMO=False,
        CITYCARD_PERSONAS=False,
        CITYCARD_PLACE=place,
        DEBUG=False,
        SECRET_KEY="k" * 48,
        NO_SECRET_KEY="django-insecure",
        ALLOWED_HOSTS=["city.example"],
        CITYCARD_TRUSTED_PROXIES=["127.0.0.1"],
    )


def test_a_real_city_starts(real: Any) -> None:
    refuse_if_unsafe(real)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DEBUG": True}, "CITYCARD_DEBUG"),
        ({"CITYCARD_PERSONAS": True}, "CITYCARD_PERSONAS"),
        ({"SECRET_KEY": "django-insecure"}, "CITYCARD_SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "CITYCARD_SECRET_KEY"),
        ({"ALLOWED_HOSTS": ["*"]}, "CITYCARD_HOSTS"),
        ({"CITYCARD_TRUSTED_PROXIES": ["*"]}, "CITYCARD_TRUSTED_PROXIES"),
    ],
)
def test_each_danger_stops_it_by_name(real: Any, change: dict[str, Any], named: str) -> None:
    vars(real).update(change)
    with pytest.raises(UnsafeInstance, match=named):
        refuse_if_unsafe(real)


def test_a_demo_may_have_all_of_them(real: Any) -> None:
    vars(real).update(CITYCARD_DEMO=True, DEBUG=True, CITYCARD_PERSONAS=True)
    refuse_if_unsafe(real)


def test_state_and_keys_of_a_demo_never_become_a_real_citys(real: Any) -> None:
    (real.CITYCARD_PLACE.directory / "demo").touch()
    assert "demo's state" in dangers(real)[0]


def test_keys_that_others_can_read_stop_it(real: Any) -> None:
    (real.CITYCARD_PLACE.keys / "keys.json").chmod(0o644)
    assert "chmod 600" in dangers(real)[0]


def test_missing_keys_stop_it(real: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_KEYS", "/nowhere/keys.json")
    assert "/nowhere/keys.json" in dangers(real)[0]
