from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenuto.domain.errors import InputError, TokenError
from tenuto.domain.ids import (
    LOCAL_PART_MAX,
    STEP_MAX,
    Purpose,
    SendRef,
    TokenSigner,
    enrollment_id_of,
    workflow_id,
)

OLD, NEW = b"an old key, 16 bytes or more", b"a new key, 16 bytes or more"
SIGNER = TokenSigner([NEW, OLD])
REF = SendRef(UUID("0190b6f2-7c1e-7a53-9d1c-6c1f3f0a9b11"), 3)

refs = st.builds(SendRef, st.uuids(), st.integers(0, STEP_MAX))
purposes = st.sampled_from(Purpose)


@settings(deadline=None)
@given(refs, purposes)
def test_a_token_names_its_send(ref: SendRef, purpose: Purpose) -> None:
    assert SIGNER.parse(purpose, SIGNER.token(purpose, ref)) == ref


@settings(deadline=None)
@given(refs, purposes)
def test_a_token_survives_a_change_of_case(ref: SendRef, purpose: Purpose) -> None:
    assert SIGNER.parse(purpose, SIGNER.token(purpose, ref).upper()) == ref


@settings(deadline=None)
@given(refs, purposes, st.data())
def test_a_token_with_any_character_changed_is_refused(
    ref: SendRef, purpose: Purpose, data: st.DataObject
) -> None:
    token = SIGNER.token(purpose, ref)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters())
    changed = token[:at] + other + token[at + 1 :]
    assume(changed.lower() != token or not other.isascii())
    with pytest.raises(TokenError):
        SIGNER.parse(purpose, changed)


@settings(deadline=None)
@given(refs, st.text())
def test_a_token_with_anything_around_it_is_refused(ref: SendRef, more: str) -> None:
    assume(more)
    token = SIGNER.token(Purpose.HEADER, ref)
    for changed in (token + more, more + token, more):
        with pytest.raises(TokenError):
            SIGNER.parse(Purpose.HEADER, changed)


@settings(deadline=None)
@given(refs, purposes, purposes)
def test_a_token_of_one_purpose_is_refused_for_another(
    ref: SendRef, made_for: Purpose, used_for: Purpose
) -> None:
    assume(made_for is not used_for)
    with pytest.raises(TokenError):
        SIGNER.parse(used_for, SIGNER.token(made_for, ref))


def test_a_second_spelling_of_the_same_enrollment_is_refused() -> None:
    # The last of 26 base32 characters carries two bits that decode to nothing.
    ref = SendRef(UUID(int=0), 0)
    token = SIGNER.token(Purpose.BOUNCE, ref)
    with pytest.raises(TokenError):
        SIGNER.parse(Purpose.BOUNCE, token[:25] + "b" + token[26:])


def test_after_a_rotation_old_tokens_are_read_and_new_ones_written() -> None:
    old = TokenSigner([OLD]).token(Purpose.HEADER, REF)
    assert SIGNER.parse(Purpose.HEADER, old) == REF
    assert SIGNER.token(Purpose.HEADER, REF) == TokenSigner([NEW]).token(Purpose.HEADER, REF)


def test_a_token_of_a_withdrawn_key_is_refused() -> None:
    old = TokenSigner([OLD]).token(Purpose.HEADER, REF)
    with pytest.raises(TokenError):
        TokenSigner([NEW]).parse(Purpose.HEADER, old)


@pytest.mark.parametrize("keys", [[], [b""], [NEW, b"too short"]])
def test_a_missing_or_short_key_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(InputError, match="at least 16 bytes"):
        TokenSigner(keys)


@pytest.mark.parametrize("step", [-1, STEP_MAX + 1])
def test_a_step_out_of_range_is_refused(step: int) -> None:
    with pytest.raises(InputError, match="9999"):
        SendRef(REF.enrollment, step)


@settings(deadline=None)
@given(refs)
def test_each_address_says_what_it_is_for_and_fits(ref: SendRef) -> None:
    reply = SIGNER.reply_local_part(ref, "maria.lopez")
    assert reply is not None
    for local, purpose in (
        (SIGNER.bounce_local_part(ref), Purpose.BOUNCE),
        (SIGNER.unsubscribe_local_part(ref), Purpose.UNSUBSCRIBE),
        (reply, Purpose.REPLY),
    ):
        assert SIGNER.addressed(local) == (purpose, ref)
        assert SIGNER.addressed(local.upper()) == (purpose, ref)
        assert len(local) <= LOCAL_PART_MAX


def test_a_reply_address_may_already_have_a_tag() -> None:
    local = SIGNER.reply_local_part(REF, "maria+sales")
    assert local is not None
    assert SIGNER.addressed(local) == (Purpose.REPLY, REF)


def test_a_reply_address_that_would_be_too_long_is_not_made() -> None:
    assert SIGNER.reply_local_part(REF, "maximiliana.featherstonehaugh") is None


@pytest.mark.parametrize("local", ["", "maria", "b+", "+", "x+y", "maria+sales", "b+x.y.z"])
def test_an_address_without_a_token_is_refused(local: str) -> None:
    with pytest.raises(TokenError):
        SIGNER.addressed(local)


@settings(deadline=None)
@given(refs)
def test_a_message_id_names_its_send(ref: SendRef) -> None:
    message_id = SIGNER.message_id(ref, "mail.example.com")
    assert SIGNER.parse_message_id(f" {message_id}\n") == ref
    assert SIGNER.parse_message_id(message_id.strip("<>")) == ref
    assert message_id == SIGNER.message_id(ref, "mail.example.com")


@pytest.mark.parametrize("message_id", ["", "<>", "<x@y>", "x", "<a@b@c>"])
def test_a_foreign_message_id_is_refused(message_id: str) -> None:
    with pytest.raises(TokenError):
        SIGNER.parse_message_id(message_id)


@settings(deadline=None)
@given(st.uuids())
def test_a_workflow_id_names_its_enrollment(enrollment_id: UUID) -> None:
    assert enrollment_id_of(workflow_id(enrollment_id)) == enrollment_id


@pytest.mark.parametrize(
    "given_id", ["", "enrollment:", "enrollment:x", f"score:{UUID(int=1)}", f"{UUID(int=1)}"]
)
def test_another_kind_of_workflow_is_refused(given_id: str) -> None:
    with pytest.raises(InputError, match="enrollment:<uuid>"):
        enrollment_id_of(given_id)
