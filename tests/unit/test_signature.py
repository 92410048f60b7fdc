import base64
import math
import random
import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import dkim
import pytest

from tenuto.domain.errors import InputError
from tenuto.mail.compose import compose
from tenuto.mail.letter import ThreadParent
from tenuto.mail.signature import DkimKey
from tests.letters import ORDER, SENT, SIGNER, with_capabilities


def prime(chance: random.Random) -> int:
    while True:
        number = chance.getrandbits(512) | 1 << 511 | 1 << 510 | 1
        witnesses = [chance.randrange(2, number) for _ in range(5)]
        if math.gcd(number - 1, 65537) == 1 and all(
            pow(w, number - 1, number) == 1 for w in witnesses
        ):
            return number


def der(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    return bytes([tag, 0x82]) + len(body).to_bytes(2, "big") + body


def der_integer(number: int) -> bytes:
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


@pytest.fixture(scope="module")
def key_pair() -> tuple[DkimKey, bytes]:
    """A key, made here so that no private key stands in the repository, and its DNS record."""
    chance = random.Random(6376)  # noqa: S311  it protects nothing
    p, q = prime(chance), prime(chance)
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = [0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]
    private = der(0x30, *map(der_integer, numbers))
    kind = "RSA PRIVATE KEY"
    pem = f"-----BEGIN {kind}-----\n{base64.encodebytes(private).decode()}-----END {kind}-----\n"
    public = der(0x30, der_integer(p * q), der_integer(65537))
    rsa = der(0x30, der(6, bytes.fromhex("2a864886f70d010101")), der(5))
    info = der(0x30, rsa, der(3, b"\0", public))
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(info)
    return DkimKey("example.org", "t1", pem), record


def verified(raw: bytes, record: bytes) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG001  dkimpy passes it
        return record if name == b"t1._domainkey.example.org." else None

    return bool(dkim.verify(raw, dnsfunc=dns))


def test_the_signature_holds_and_covers_what_one_click_unsubscribe_needs(
    key_pair: tuple[DkimKey, bytes],
) -> None:
    key, record = key_pair
    order = replace(ORDER, format="html", thread=ThreadParent(("<a@b>",), "Old"))
    raw = compose(order, SIGNER, key).raw
    assert verified(raw, record)
    signature = message_from_bytes(raw, policy=policy.default)["DKIM-Signature"]
    tags = dict(re.findall(r"(\w+)=([^;]*)", signature))
    covered = {name.strip() for name in tags["h"].split(":")}
    assert covered >= {
        "from", "to", "subject", "date", "message-id", "in-reply-to", "references",
        "list-unsubscribe", "list-unsubscribe-post",
    }  # fmt: skip
    assert (tags["c"], tags["a"]) == ("relaxed/relaxed", "rsa-sha256")
    assert raw == compose(order, SIGNER, key).raw


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"think", b"thank"),
        (b"One-Click", b"Two-Click"),
        (b"/u/", b"/v/"),
        (b"Subject: A ", b"Subject: B "),
        (b"To: Ann", b"From: eve@example.org\r\nTo: Ann"),
    ],
)
def test_a_changed_letter_breaks_the_signature(
    key_pair: tuple[DkimKey, bytes], was: bytes, becomes: bytes
) -> None:
    key, record = key_pair
    raw = compose(ORDER, SIGNER, key).raw
    assert was in raw
    assert not verified(raw.replace(was, becomes, 1), record)


def test_a_server_that_signs_gets_the_letter_unsigned(key_pair: tuple[DkimKey, bytes]) -> None:
    raw = compose(with_capabilities(ORDER, self_dkim=False), SIGNER, key_pair[0]).raw
    assert raw == compose(ORDER, SIGNER, None).raw


def test_the_signature_bears_the_letters_time(key_pair: tuple[DkimKey, bytes]) -> None:
    order = replace(ORDER, sent_date=SENT - timedelta(days=1))
    signature = message_from_bytes(compose(order, SIGNER, key_pair[0]).raw)["DKIM-Signature"]
    assert f"t={int(SENT.timestamp()) - 86_400};" in signature


def test_a_key_of_another_domain_is_refused(key_pair: tuple[DkimKey, bytes]) -> None:
    with pytest.raises(InputError, match=r"notexample\.org can't sign for example\.org"):
        compose(ORDER, SIGNER, replace(key_pair[0], domain="notexample.org"))


@pytest.mark.parametrize("pem", ["", "rubbish", "-----BEGIN X-----\nAAAA\n-----END X-----\n"])
def test_a_key_that_is_none_is_refused(key_pair: tuple[DkimKey, bytes], pem: str) -> None:
    with pytest.raises(InputError, match="openssl genrsa"):
        compose(ORDER, SIGNER, replace(key_pair[0], private_key=pem))
