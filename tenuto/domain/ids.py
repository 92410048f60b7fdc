"""The names under which a send is known outside: signed tokens, and the workflow's id.

A token is `<enrollment>.<step>.<mac>`: 26 characters of base32, a decimal number, 16 characters
of base32 (80 bits of HMAC-SHA-256). It holds no address and survives a change of case, which mail
servers may make. Each place that a token is written to signs it for that place alone, so that one
that is seen in a public header can't be used to unsubscribe somebody.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from uuid import UUID

from tenuto.domain.errors import InputError, TokenError

#: Longest local part of an address, in octets (RFC 5321 section 4.5.3.1.1).
LOCAL_PART_MAX = 64
STEP_MAX = 9999

_SHORTEST_KEY = 16
_WORKFLOW_ID = "enrollment:{}"
_TOKEN = re.compile(r"(?P<enrollment>[a-z2-7]{26})\.(?P<step>0|[1-9][0-9]{0,3})\.[a-z2-7]{16}")
_MESSAGE_ID = re.compile(r"<?([^<>@\s]+)@[^<>@\s]+>?")


class Purpose(StrEnum):
    """Where a token stands; one made for a place is worth nothing in another."""

    BOUNCE = "bounce"
    REPLY = "reply"
    HEADER = "header"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    MESSAGE_ID = "message-id"


@dataclass(frozen=True)
class SendRef:
    """One step's mail of one enrollment."""

    enrollment: UUID
    #: Index of the step in its sequence version, from 0.
    step: int

    def __post_init__(self) -> None:
        if not 0 <= self.step <= STEP_MAX:
            raise InputError(f"step {self.step} can't be named: it must be within 0 and {STEP_MAX}")


class TokenSigner:
    """Writes tokens with the first key and reads those of every key: rotation is a new first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or min(map(len, keys)) < _SHORTEST_KEY:
            raise InputError(
                f"tokens need a secret key of at least {_SHORTEST_KEY} bytes; make one with "
                "`python -c 'import secrets; print(secrets.token_hex(32))'`"
            )
        self._keys = tuple(keys)

    def token(self, purpose: Purpose, ref: SendRef) -> str:
        return _token(self._keys[0], purpose, ref)

    def parse(self, purpose: Purpose, token: str) -> SendRef:
        """The send that a token of this purpose names, else `TokenError`."""
        # Only ASCII: `"\N{KELVIN SIGN}".lower()` is a plain k.
        given = token.lower() if token.isascii() else ""
        match = _TOKEN.fullmatch(given)
        if match is None:
            raise TokenError("this isn't a token of ours")
        ref = SendRef(_enrollment(match["enrollment"]), int(match["step"]))
        # The whole token is compared, not the MAC alone: base32 has several spellings for one id.
        if not any(compare_digest(given, _token(key, purpose, ref)) for key in self._keys):
            raise TokenError("this token was changed, made for another place, or by another key")
        return ref

    def bounce_local_part(self, ref: SendRef) -> str:
        """The envelope sender's (VERP): `b+<token>`."""
        return f"b+{self.token(Purpose.BOUNCE, ref)}"

    def unsubscribe_local_part(self, ref: SendRef) -> str:
        """`List-Unsubscribe`'s mailto: `u+<token>`."""
        return f"u+{self.token(Purpose.UNSUBSCRIBE, ref)}"

    def reply_local_part(self, ref: SendRef, local_part: str) -> str | None:
        """`<local part>+r.<token>`; None if that is too long, then Message-IDs have to do."""
        tagged = f"{local_part}+r.{self.token(Purpose.REPLY, ref)}"
        return tagged if len(tagged.encode()) <= LOCAL_PART_MAX else None

    def addressed(self, local_part: str) -> tuple[Purpose, SendRef]:
        """What a mail's recipient says about it: which of the three addresses, and which send."""
        before, tag = local_part.lower().rpartition("+")[::2]
        if tag.startswith("r."):
            return Purpose.REPLY, self.parse(Purpose.REPLY, tag.removeprefix("r."))
        purpose = {"b": Purpose.BOUNCE, "u": Purpose.UNSUBSCRIBE}.get(before)
        if purpose is None:
            raise TokenError("this address has no token of ours")
        return purpose, self.parse(purpose, tag)

    def message_id(self, ref: SendRef, domain: str) -> str:
        """`<token@domain>`: the same for every try, so that a receiver can tell a repetition."""
        return f"<{self.token(Purpose.MESSAGE_ID, ref)}@{domain}>"

    def parse_message_id(self, message_id: str) -> SendRef:
        match = _MESSAGE_ID.fullmatch(message_id.strip())
        return self.parse(Purpose.MESSAGE_ID, match[1] if match else "")


def workflow_id(enrollment_id: UUID) -> str:
    """`enrollment:<uuid>`; a re-enrolment is another row, and so another workflow."""
    return _WORKFLOW_ID.format(enrollment_id)


def enrollment_id_of(workflow_id_: str) -> UUID:
    """The inverse of `workflow_id`; `InputError` for another kind of workflow."""
    try:
        enrollment_id = UUID(workflow_id_.partition(":")[2])
    except ValueError:
        enrollment_id = None
    if enrollment_id is None or workflow_id(enrollment_id) != workflow_id_:
        raise InputError("this isn't an enrollment's workflow: its id is `enrollment:<uuid>`")
    return enrollment_id


def _token(key: bytes, purpose: Purpose, ref: SendRef) -> str:
    signed = purpose.encode() + b"\0" + ref.enrollment.bytes + ref.step.to_bytes(2, "big")
    mac = hmac.digest(key, signed, hashlib.sha256)[:10]
    return f"{_base32(ref.enrollment.bytes)}.{ref.step}.{_base32(mac)}"


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _enrollment(text: str) -> UUID:
    return UUID(bytes=base64.b32decode(text.upper() + "======"))
