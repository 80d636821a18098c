"""The guide for agencies' systems says what is. Its examples run in tests/journeys/test_taipei."""

import base64
import hashlib
import hmac
import re
from typing import Any

from citycard.flows import telling_agencies
from citycard.portals.openapi import describing
from tests.openapi.guide import GUIDE, blocks
from tests.webhooks import receiver


def test_the_receivers_example_checks_what_the_city_signs() -> None:
    names: dict[str, Any] = {}
    (example,) = [one for one in blocks("python") if "is_from_the_city" in one]
    exec(example, names)  # noqa: S102 - the guide's own
    check = names["is_from_the_city"]
    secret, body = "whsec_c2VjcmV0", b'{"type":"ping"}'
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1000"}
    said = base64.b64encode(hmac.digest(b"secret", b"msg_1.1000." + body, hashlib.sha256)).decode()
    headers["webhook-signature"] = f"v1,AAAA v1,{said}"
    assert check(secret, headers, body, now=lambda: 1100)
    assert receiver.is_signed(secret, headers, body)
    assert not check(secret, headers, body, now=lambda: 1400), "too old"
    assert not check(secret, headers, body + b" ", now=lambda: 1100)
    assert not check("whsec_b3RoZXI=", headers, body, now=lambda: 1100)


def test_every_path_and_every_kind_that_the_guide_names_is_there() -> None:
    paths = set(describing.description()["paths"])
    assert set(re.findall(r"/api/[\w./]+[a-z]", GUIDE)) <= paths
    for kind in telling_agencies.KINDS:
        assert f"`{kind}`" in GUIDE
