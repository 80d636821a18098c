"""Files under a passphrase open with it alone, and never when they were altered."""

import json

import pytest

from citycard.infra import safekeeping

FILES = {"keys.json": b'{"mac": "secret"}', "cookies.key": bytes(range(256))}
PASSPHRASE = "twelve or more 字"


@pytest.fixture(scope="module")
def locked() -> bytes:
    return safekeeping.lock(FILES, passphrase=PASSPHRASE)


def test_they_open_with_the_passphrase_as_they_were(locked: bytes) -> None:
    assert safekeeping.unlock(locked, passphrase=PASSPHRASE) == FILES
    assert b"secret" not in locked


def test_another_passphrase_or_an_altered_text_opens_nothing(locked: bytes) -> None:
    with pytest.raises(safekeeping.WrongPassphrase):
        safekeeping.unlock(locked, passphrase=PASSPHRASE + "x")
    document = json.loads(locked)
    for name in ("files", "salt", "nonce"):
        altered = document | {name: document[name][:-6] + "AAAA" + document[name][-2:]}
        with pytest.raises(safekeeping.WrongPassphrase):
            safekeeping.unlock(json.dumps(altered).encode(), passphrase=PASSPHRASE)
    with pytest.raises(safekeeping.WrongPassphrase):
        safekeeping.unlock(b"no sealed text", passphrase=PASSPHRASE)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(safekeeping.PassphraseTooShort):
        safekeeping.lock(FILES, passphrase="eleven char")
