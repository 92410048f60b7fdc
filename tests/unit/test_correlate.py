"""Which clues a mail holds, and in which order they are followed."""

from uuid import UUID

import pytest

from tenuto.domain.correlate import Clue, MatchedBy, clues, token_of
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tests.mails import arrival, dsn, raw

SIGNER = TokenSigner([b"a key of at least 16 bytes"])
STRANGER = TokenSigner([b"another key of 16 bytes or more"])
REF = SendRef(UUID("0190b6f2-7c1e-7a53-9d1c-6c1f3f0a9b11"), 1)
OTHER = SendRef(UUID("0190b6f2-7c1e-7a53-9d1c-6c1f3f0a9b12"), 2)
OURS = SIGNER.message_id(REF, "sender.example")
BOUNCE = f"{SIGNER.bounce_local_part(REF)}@sender.example"
REPLY = f"{SIGNER.reply_local_part(OTHER, 'anna')}@sender.example"
UNSUBSCRIBE = f"{SIGNER.unsubscribe_local_part(REF)}@sender.example"


def found(mail: bytes, *recipients: str) -> tuple[Clue, ...]:
    return clues(arrival(mail, "pat@firm.example", *recipients), SIGNER).found


def test_the_bounce_address_comes_before_the_tag_and_both_before_the_thread() -> None:
    mail = raw(In_Reply_To=OURS)
    assert found(mail, REPLY, BOUNCE) == (
        Clue(MatchedBy.ENVELOPE, REF),
        Clue(MatchedBy.REPLY_TAG, OTHER),
        Clue(MatchedBy.THREAD, REF),
    )


def test_references_are_followed_from_the_newest_and_foreign_ids_are_looked_up() -> None:
    newer = SIGNER.message_id(OTHER, "sender.example")
    mail = raw(In_Reply_To="<replaced@outlook.example>", References=f"{OURS} {newer}")
    assert found(mail) == (
        Clue(MatchedBy.THREAD, OTHER),
        Clue(MatchedBy.THREAD, REF),
        Clue(MatchedBy.THREAD, message_ids=("<replaced@outlook.example>",)),
    )


def test_a_returned_original_is_known_by_its_ids_and_by_its_token() -> None:
    token = SIGNER.token(Purpose.HEADER, OTHER)
    mail = dsn(returned=f"Message-ID: {OURS}\nX-Tenuto-Token: {token}")
    assert found(mail) == (Clue(MatchedBy.RETURNED, REF), Clue(MatchedBy.RETURNED, OTHER))


def test_our_feedback_id_names_the_send_too() -> None:
    token = SIGNER.token(Purpose.HEADER, REF)
    assert found(dsn(returned=f"Feedback-ID: {token}:tenuto")) == (Clue(MatchedBy.RETURNED, REF),)


def test_forged_tokens_are_no_clues() -> None:
    mail = dsn(
        returned=f"X-Tenuto-Token: {STRANGER.token(Purpose.HEADER, REF)}",
        In_Reply_To=STRANGER.message_id(REF, "sender.example"),
    )
    clue = found(mail, f"{STRANGER.bounce_local_part(REF)}@sender.example")
    assert [c.ref for c in clue] == [None]


def test_a_token_for_one_place_is_no_clue_in_another() -> None:
    bounce = SIGNER.token(Purpose.BOUNCE, REF)
    assert found(dsn(returned=f"X-Tenuto-Token: {bounce}")) == ()
    assert token_of(f"u+{bounce}@sender.example", SIGNER) is None


def test_the_unsubscribe_address_is_told_from_the_others() -> None:
    assert clues(arrival(raw(), "x@y.z", UNSUBSCRIBE), SIGNER).to_unsubscribe
    assert not clues(arrival(raw(), "x@y.z", BOUNCE, REPLY), SIGNER).to_unsubscribe


@pytest.mark.parametrize("before", ["unsubscribe ", "Unsubscribe: ", "", "Re: [extern] "])
def test_the_subject_that_we_gave_tells_who_asks(before: str) -> None:
    token = SIGNER.token(Purpose.UNSUBSCRIBE, REF)
    hints = clues(arrival(raw(Subject=f"{before}{token.upper()}", In_Reply_To=OURS)), SIGNER)
    assert hints.found[0] == Clue(MatchedBy.SUBJECT, REF)
    assert hints.to_unsubscribe


@pytest.mark.parametrize(
    "subject",
    [
        "unsubscribe",
        f"unsubscribe {STRANGER.token(Purpose.UNSUBSCRIBE, REF)}",
        f"unsubscribe {SIGNER.token(Purpose.BOUNCE, REF)}",
        f"unsubscribe {SIGNER.token(Purpose.UNSUBSCRIBE, REF)}x",
        "unsubscribe " + "x " * 100 + SIGNER.token(Purpose.UNSUBSCRIBE, REF),
    ],
    ids=["none", "forged", "of another place", "changed", "far behind"],
)
def test_a_subject_without_our_token_is_no_clue(subject: str) -> None:
    hints = clues(arrival(raw(Subject=subject)), SIGNER)
    assert (hints.found, hints.to_unsubscribe) == ((), False)


def test_an_address_in_a_bounce_comes_before_the_senders_own() -> None:
    mail = arrival(dsn(recipient="pat@firm.example"), "")
    assert clues(mail, SIGNER).addresses == ("pat@firm.example", "mailer-daemon@mx.example")


def test_only_an_address_could_have_been_written_by_a_stranger() -> None:
    assert [by for by in MatchedBy if not by.proven] == [MatchedBy.ADDRESS]
