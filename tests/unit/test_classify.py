"""One mail for each rule, and for each thing that a rule must not mistake."""

from datetime import UTC, datetime

import pytest

from tenuto.domain.bounce_kind import Kind
from tenuto.domain.classify import RULES, classify
from tenuto.domain.mail_class import Class, SentMail
from tests.mails import OURS, arrival, dsn, raw, report

SENT = SentMail("Hello Pat", "pat@firm.example")

Sample = tuple[bytes, str, SentMail | None, Class]

BY_RULE: dict[str, list[Sample]] = {
    "feedback report": [
        (report("feedback-report", "Feedback-Type: abuse\n"), "fbl@x.y", SENT, Class.COMPLAINT),
        (report("feedback-report", "Version: 1\n"), "fbl@x.y", SENT, Class.COMPLAINT),
        (report("feedback-report", "Feedback-Type: opt-out\n"), "f@x.y", SENT, Class.UNSUBSCRIBE),
        (report("feedback-report", "Feedback-Type: not-spam\n"), "f@x.y", SENT, Class.OTHER),
        (report("feedback-report", "Feedback-Type: auth-failure\n"), "f@x.y", None, Class.OTHER),
        (raw(From="staff@hotmail.com", Subject="complaint about message from 192.0.2.1"), "s@h.c",
         SENT, Class.COMPLAINT),
    ],
    "delivery status": [
        (dsn(), "", SENT, Class.BOUNCE),
        (dsn(Auto_Submitted="auto-replied"), "", None, Class.BOUNCE),
        (dsn(action=""), "", SENT, Class.BOUNCE),
        (dsn("4.4.1", action="delayed"), "", SENT, Class.DELAYED),
        (dsn("2.0.0", action="relayed"), "", SENT, Class.OTHER),
        # Exchange rewrites the domain of its own users.
        (dsn(recipient="pat@firm.onmicrosoft.example"), "", SENT, Class.BOUNCE),
        # Somebody else's: not about the address that we wrote to.
        (dsn(recipient="sam@other.example"), "", SENT, Class.AUTO),
        (dsn(text="Please confirm your message by clicking here."), "", SENT, Class.AUTO),
    ],
    "failed recipients": [
        (raw("User unknown", X_Failed_Recipients="pat@firm.example"), "", SENT, Class.BOUNCE),
        (raw("User unknown", X_Failed_Recipients="sam@other.example"), "", SENT, Class.AUTO),
        (raw(X_Failed_Recipients="pat@firm.example", Subject="Warning: message x delayed 24 hours"),
         "", None, Class.DELAYED),
    ],
    "receipt": [
        (report("disposition-notification", "Disposition: manual-action; displayed\n"), "pat@x.y",
         SENT, Class.OTHER),
        (report("disposition-notification", "Disposition: automatic-action; deleted\n",
                text="The mailbox is over its quota."), "pat@x.y", SENT, Class.BOUNCE),
    ],
    "away by its subject": [
        (raw(Subject="Out of office: Hello Pat"), "", SENT, Class.OUT_OF_OFFICE),
        (raw(Subject="Automatische Antwort: Hello Pat", In_Reply_To=OURS), "p@x.y", None,
         Class.OUT_OF_OFFICE),
        (raw(Subject="自動応答: Hello"), "p@x.y", SENT, Class.OUT_OF_OFFICE),
    ],
    "from a mailer-daemon": [
        (raw("<pat@firm.example>: no such user", From="MAILER-DAEMON@mx.example",
             Subject="failure notice"), "", None, Class.BOUNCE),
        (raw("This is a warning only. You do not need to resend.", From="postmaster@mx.example",
             Subject="Delivery Status Notification (Delay)"), "", None, Class.DELAYED),
        (raw("Please confirm that you are human", From="postmaster@mx.example"), "", None,
         Class.AUTO),
    ],
    "auto-reply fields": [
        (raw("We got your mail.", Auto_Submitted="auto-replied"), "p@x.y", SENT, Class.AUTO),
        (raw("Back on March 16, 2026", X_Autoreply="yes"), "p@x.y", SENT, Class.OUT_OF_OFFICE),
        (raw("I am away", Precedence="auto_reply"), "p@x.y", SENT, Class.OUT_OF_OFFICE),
        (raw("Thank you.", X_Auto_Response_Suppress="All",
             X_MS_Exchange_Inbox_Rules_Loop="pat@firm.example"), "p@x.y", SENT, Class.AUTO),
    ],
    "looks bounced": [
        (raw(f"Message-ID: {OURS}", Subject="Mail delivery failed", From="ndr@mx.example"),
         "ndr@mx.example", None, Class.BOUNCE),
        (raw("Delivery attempts will continue", Subject="Delivery failure",
             From="gateway@mx.example"), "g@mx.example", None, Class.DELAYED),
    ],
    "null return path": [(raw("Ticket 4711 was opened"), "", SENT, Class.AUTO)],
    "bulk mail": [
        (raw("News!", Precedence="bulk"), "news@x.y", None, Class.AUTO),
        (raw("News!", List_Id="<news.x.y>"), "news@x.y", None, Class.AUTO),
    ],
    "an answer to us": [
        (raw("Yes, let’s talk."), "pat@firm.example", SENT, Class.REPLY),
        # Half of a corpus of people's replies has it.
        (raw("Yes", Precedence="bulk", In_Reply_To=OURS), "pat@firm.example", SENT, Class.REPLY),
        (raw("Yes", X_Auto_Response_Suppress="All"), "pat@firm.example", SENT, Class.REPLY),
        (raw("Yes", Auto_Submitted="no"), "pat@firm.example", SENT, Class.REPLY),
        (raw("Unsubscribe me, please"), "pat@firm.example", SENT, Class.UNSUBSCRIBE),
        (raw("STOP"), "pat@firm.example", SENT, Class.UNSUBSCRIBE),
        (raw("Bitte keine weiteren Mails mehr!"), "pat@firm.example", SENT, Class.UNSUBSCRIBE),
        (raw("", Subject="unsubscribe"), "pat@firm.example", SENT, Class.UNSUBSCRIBE),
        (raw("Can you stop by on Tuesday?"), "pat@firm.example", SENT, Class.REPLY),
        (raw("I'd never unsubscribe from this"), "pat@firm.example", SENT, Class.REPLY),
        (raw("Yes.\n\nOn Tue, Anna wrote:\n> Reply stop to unsubscribe."), "pat@firm.example", SENT,
         Class.REPLY),
        # A person, or a machine that doesn't say so.
        (raw("I am out of the office until Monday."), "pat@firm.example", SENT, Class.UNSURE),
    ],
    "no rule applies": [(raw("Hello!", Subject="Hi"), "sam@x.y", None, Class.OTHER)],
}  # fmt: skip

CASES = [(rule, *sample) for rule, samples in BY_RULE.items() for sample in samples]


@pytest.mark.parametrize(("rule", "mail", "sender", "about", "expected"), CASES)
def test_the_rule_and_the_class(
    rule: str, mail: bytes, sender: str, about: SentMail | None, expected: Class
) -> None:
    decided = classify(arrival(mail, sender), about)
    assert (decided.class_, decided.rule) == (expected, rule)


def test_each_rule_has_a_mail() -> None:
    assert {rule.name for rule in RULES} - set(BY_RULE) == {"unsubscribe address"}


def test_what_comes_to_the_unsubscribe_address_unsubscribes_whatever_it_says() -> None:
    decided = classify(arrival(raw("Hi")), SENT, to_unsubscribe=True)
    assert (decided.class_, decided.rule) == (Class.UNSUBSCRIBE, "unsubscribe address")


def test_words_of_absence_in_our_own_subject_are_not_the_senders() -> None:
    ours = SentMail("Your vacation rental", "pat@firm.example")
    reply = arrival(raw("Great!", Subject="Re: Your vacation rental", In_Reply_To=OURS))
    assert classify(reply, ours).class_ is Class.REPLY


@pytest.mark.parametrize(
    ("text", "until"),
    [
        # A Tuesday after the Monday of the return; a Monday after a Friday.
        ("I am back on March 16, 2026.", datetime(2026, 3, 17, tzinfo=UTC)),
        ("I am away until March 13, 2026.", datetime(2026, 3, 16, tzinfo=UTC)),
        # Ambiguous: the later reading. Two days: the later one.
        ("I return on 04/05/2026.", datetime(2026, 5, 5, tzinfo=UTC)),
        (
            "Back on March 9, 2026. Sam is back on March 10, 2026.",
            datetime(2026, 3, 11, tzinfo=UTC),
        ),
        ("I am out of office.", None),
    ],
)
def test_a_person_is_held_until_a_business_day_after_the_return(
    text: str, until: datetime | None
) -> None:
    decided = classify(arrival(raw(text, Auto_Submitted="auto-replied")), SENT)
    assert decided.class_ is Class.OUT_OF_OFFICE
    assert decided.until == until


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.1.1", "smtp; 550 5.1.1 User unknown", Kind.HARD),
        ("5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", Kind.HARD),
        ("5.4.4", "smtp; host not found", Kind.HARD),
        # A real Exim.
        ("5.0.0", "smtp; 550 Unknown user", Kind.HARD),
        ("5.0.0", "smtp; 550 5.2.2 Mailbox is full", Kind.SOFT),
        ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
         Kind.HARD),
        ("5.4.1", "smtp; 550 5.4.1 no answer", Kind.SOFT),
        ("5.7.1", "smtp; 550 5.7.1 No such user", Kind.HARD),
        ("5.2.2", "smtp; 552 5.2.2 Over quota", Kind.SOFT),
        ("4.4.7", "smtp; timed out", Kind.SOFT),
        ("5.3.4", "smtp; 552 5.3.4 Message too large", Kind.SOFT),
        ("5.7.1", "smtp; 550 5.7.1 Message rejected as spam by content filter", Kind.BLOCK),
        ("5.7.26", "smtp; 550 5.7.26 This mail is unauthenticated", Kind.BLOCK),
        ("5.1.8", "smtp; 550 5.1.8 Bad sender", Kind.BLOCK),
        ("5.0.0", "smtp; 554 192.0.2.1 is blocked by spamhaus", Kind.BLOCK),
        ("5.0.0", "smtp; 554 Something is wrong", Kind.SOFT),
    ],
)  # fmt: skip
def test_the_kind_of_a_bounce(status: str, diagnostic: str, kind: Kind) -> None:
    assert classify(arrival(dsn(status, diagnostic), ""), SENT).kind is kind
