"""Answers as tokens: others' own programs verify them, and they say no more than they must."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.test import Client
from eligibility_api.client import ApiError
from eligibility_api.client import Client as EligibilityClient
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.openapi.conftest import Person, System
from tests.portals import looking

RIDES = "concession-ride"
Connect = Callable[..., System]


def public_key() -> dict[str, Any]:
    (key,) = Client().get("/api/v1/keys").json()["keys"]
    found: dict[str, Any] = key
    return found


@pytest.fixture(scope="module")
def token(connect: Connect, senior: Person) -> str:
    asked = {"service": RIDES, "cards": [senior.asked], "format": "sd-jwt"}
    (told,) = connect("public-transport").ask("verifications", asked)
    return str(told["token"])


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    own = ec.generate_private_key(ec.SECP256R1())
    private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private, public.decode()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def ask(connect: Connect, keys: tuple[str, str], address: str) -> Callable[..., Any]:
    system = connect("public-transport")
    with unit_of_work():
        agencies.set_client_public_key(
            client_id=system.client_id, pem=keys[1], actor=SYSTEM, now=clock.now()
        )

    def ask(sub: str, *types: str, agency: str = system.code, private: str = keys[0]) -> Any:
        client = EligibilityClient(
            verify_url=f"{address}/api/v1/eligibility",
            issuer="turnstile",
            agency=agency,
            jws_signing_alg="ES256",
            client_private_key=private,
            jwe_encryption_alg="ECDH-ES+A256KW",
            jwe_cek_enc="A256CBC-HS512",
            server_public_key=JWK(**public_key()).export_to_pem().decode(),
        )
        return client.verify(sub, "anybody", list(types))

    return ask


class TestSdJwt:
    """The answer as an SD-JWT, read by the reference implementation."""

    def verified(self, token: str, key: dict[str, Any] | None = None) -> dict[str, Any]:
        given = JWK(**(key or public_key()))
        found: dict[str, Any] = SDJWTVerifier(
            token, lambda issuer, head: given
        ).get_verified_payload()
        return found

    def test_the_reference_implementation_verifies_it(self, token: str) -> None:
        said = self.verified(token)
        assert (said["valid"], said["service"], said["answer"]) == (True, RIDES, "senior-fare")
        assert said["aud"].startswith("SYS-")
        assert said["exp"] - said["iat"] == 300

    def test_the_word_can_be_left_out(self, token: str) -> None:
        said = self.verified(token.split("~")[0] + "~")
        assert said["valid"] is True
        assert "answer" not in said

    def test_it_says_nothing_else(self, token: str, senior: Person) -> None:
        assert set(self.verified(token)) == {
            "iss", "aud", "iat", "exp", "jti", "service", "valid", "answer",
        }  # fmt: skip
        raw = token + str([base64.urlsafe_b64decode(part + "==") for part in token.split("~")[1:]])
        assert senior.number not in raw
        assert "1950" not in json.dumps(self.verified(token)).replace(str(clock.now().year), "")

    def test_another_word_does_not_pass(self, token: str) -> None:
        signed, _, end = token.split("~")
        forged = base64.urlsafe_b64encode(json.dumps(["s", "answer", "free"]).encode()).decode()
        said = self.verified("~".join([signed, forged.rstrip("="), end]))
        assert "answer" not in said

    def test_another_key_does_not_verify(self, token: str) -> None:
        other = JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True)
        with pytest.raises(Exception, match="erif"):
            self.verified(token, other)

    def test_the_public_keys_are_public_only(self) -> None:
        assert "d" not in public_key()


class TestEligibilityApi:
    """The endpoint as Cal-ITP's own client speaks to it."""

    @pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
    def test_its_own_client_reads_what_holds(self, ask: Any, senior: Person, adult: Person) -> None:
        wanted = [RIDES, f"{RIDES}:senior-fare", f"{RIDES}:child-fare", "library-loan"]
        said = ask(f"easycard/printed/{senior.number}", *wanted)
        assert said.error is None
        assert said.eligibility == [RIDES, f"{RIDES}:senior-fare"]
        assert ask(f"easycard/printed/{adult.number}", *wanted).eligibility == [RIDES]
        assert ask("easycard/printed/0000000000000000", *wanted).eligibility == []

    @pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
    def test_a_phones_code_is_good_once(self, ask: Any, senior: Person) -> None:
        code = senior.codes().line
        assert ask(code, f"{RIDES}:senior-fare").eligibility == [f"{RIDES}:senior-fare"]
        assert ask(code, f"{RIDES}:senior-fare").eligibility == []

    @pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
    def test_a_question_without_a_card_says_what_is_wrong(self, ask: Any) -> None:
        said = ask("", RIDES)
        assert said.error == {"sub": "MISSING"}
        assert said.eligibility == []

    @pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")
    def test_whoever_does_not_sign_as_the_system_is_not_answered(
        self, ask: Any, senior: Person
    ) -> None:
        other = ec.generate_private_key(ec.SECP256R1())
        private = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        for wrong in ({"private": private}, {"agency": "NOBODY"}):
            with pytest.raises(ApiError):
                ask(f"easycard/printed/{senior.number}", RIDES, **wrong)

    def test_a_token_that_came_before_or_is_none_is_refused(self) -> None:
        for token in ("", "Bearer", "Bearer x.y.z", "Bearer " + "a." * 4 + "b"):
            answer = Client().get("/api/v1/eligibility", headers={"Authorization": token})
            assert answer.status_code == 403
            assert answer.json()["code"] == "openapi.token_not_readable"


def test_a_key_that_is_none_is_not_noted(connect: Connect) -> None:
    system = connect("public-transport")
    rsa_like = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
    for pem in ("x", rsa_like):
        with pytest.raises(agencies.NotAPublicKey), unit_of_work():
            agencies.set_client_public_key(
                client_id=system.client_id, pem=pem, actor=SYSTEM, now=clock.now()
            )
