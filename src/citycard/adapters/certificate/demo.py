"""A demo certification authority and its cards: real keys, chains and signatures, of invented
people.
"""

import datetime as dt
import os
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from citycard.identity.ports import Assertion, Judgement
from citycard.infra import clock
from citycard.infra.crypto import keyed_hmac

PIN = "123456"
_YEARS = dt.timedelta(days=365 * 5)
_HASH = ec.ECDSA(hashes.SHA256())


class DemoCertification:
    """Issues a certificate to whoever presents an ID number and the demo PIN, and judges
    certificates.

    Behind ``CertificateVerifier`` and ``DemoCards``. Whose a certificate is stands in its serial
    number:
    a keyed hash of the ID number, as an authority's register would tell it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def present(self, id_number: str, pin: str, nonce: bytes) -> tuple[bytes, bytes]:
        """Return a certificate of this number and its signature over the nonce; a wrong PIN spoils
        it.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._issue(id_number.strip().upper(), key)
        signature = key.sign(nonce if pin == PIN else b"wrong PIN", _HASH)
        return certificate.public_bytes(serialization.Encoding.DER), signature

    def judge(self, assertion: Assertion) -> Judgement:
        """Judge one assertion: chain, dates, whose it is, signature."""
        try:
            certificate = x509.load_der_x509_certificate(assertion.certificate)
            certificate.verify_directly_issued_by(self._authority()[0])
        except (ValueError, TypeError, InvalidSignature):
            return Judgement(holds=False, serial="", why="chain")
        serial = str(certificate.serial_number)
        now = clock.now()
        if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
            return Judgement(holds=False, serial=serial, why="expired")
        if certificate.serial_number != _serial(assertion.id_number.strip().upper()):
            return Judgement(holds=False, serial=serial, why="other_person")
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        try:
            key.verify(assertion.signature, assertion.nonce, _HASH)
        except InvalidSignature:
            return Judgement(holds=False, serial=serial, why="signature")
        return Judgement(holds=True, serial=serial)

    def check(self) -> str:
        """Say how the authority is."""
        subject = self._authority()[0].subject.rfc4514_string()
        return f"demo authority {subject}"

    def _issue(self, id_number: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        authority, authority_key = self._authority()
        now = clock.now()
        return (
            x509.CertificateBuilder()
            .subject_name(_name("Demo citizen"))
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(_serial(id_number))
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + _YEARS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(authority_key, hashes.SHA256())
        )

    def _authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if not self._path.exists():
            _make_authority(self._path)
        content = self._path.read_bytes()
        key = serialization.load_pem_private_key(content, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return x509.load_pem_x509_certificate(content), key


def _make_authority(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    started = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("CityCard demo authority"))
        .issuer_name(_name("CityCard demo authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(started)
        .not_valid_after(started + _YEARS * 10)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem + certificate.public_bytes(serialization.Encoding.PEM))
    try:
        os.link(draft, path)  # the first of two processes wins, and both use its authority
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _serial(id_number: str) -> int:
    return int.from_bytes(keyed_hmac("adapters.certificate", "serial", id_number), "big") >> 1 | 1
