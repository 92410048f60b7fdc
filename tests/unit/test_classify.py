"""One mail for each rule, and for each thing that a rule must not mistake."""

from datetime import UTC, datetime

import pytest

from tenuto.domain.classify import RULES, classify
from tenuto.domain.mail_class import Class, SentMail
from tests.mails import OURS, arrival, dsn, raw, report

SENT = SentMail("Hello Pat", "pat@firm.example")

Sample = tuple[bytes, str, SentMail | None, Class]

BY_RULE: dict[str, list[Sample]] = {
    "feedback report": [
        (report("feedback-report", "Feedback-Type: abuse\n"), "fbl@x.y", SENT, Class.COMPLAINT),
        (report("feedback-report", "Version: 1\n"), "fbl@x.y", SENT, Class.COMPLAINT),
        # Who opts out by way of the provider has reported us there.
        (report("feedback-report", "Feedback-Type: opt-out\n"), "f@x.y", SENT, Class.COMPLAINT),
        (report("feedback-report", "Feedback-Type: not-spam\n"), "f@x.y", SENT, Class.OTHER),
        (report("feedback-report", "Feedback-Type: auth-failure\n"), "f@x.y", None, Class.OTHER),
        (raw(From="staff@hotmail.com", Subject="complaint about message from 192.0.2.1"), "s@h.c",
         SENT, Class.COMPLAINT),
        (raw(From="scomp@aol.net", Subject="Email Feedback Report for IP 192.0.2.1"), "s@aol.net",
         None, Class.COMPLAINT),
        # Hotmail hands back the mail itself.
        (raw("Hello Pat", From="anna@sender.example", X_HmXmrOriginalRecipient="pat@hotmail.com"),
         "staff@hotmail.com", None, Class.COMPLAINT),
        # The part for machines is broken off.
        (raw("An abuse report", From="fbl@mx.example",
             Content_Type="multipart/report; report-type=feedback-report; boundary=none"),
         "fbl@mx.example", None, Class.COMPLAINT),
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
        (dsn(text="Please confirm your message: https://cr.example/1"), "", SENT, Class.AUTO),
        (dsn("5.7.1", "smtp; 550 ask the postmaster", text="Please verify the address."), "", SENT,
         Class.BOUNCE),
        (dsn(action="failure"), "", SENT, Class.BOUNCE),
        (dsn(action="deferred"), "", SENT, Class.DELAYED),
        (dsn(In_Reply_To=OURS, Subject="Undeliverable: Hello Pat"), "", SENT, Class.BOUNCE),
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
        # Exchange's of old have no field that says so, and no reference.
        (raw(Subject="Out of Office AutoReply: Hello"), "p@x.y", None, Class.OUT_OF_OFFICE),
        (raw(Subject="AUTO: Pat is out of the office (returning 03/16)"), "p@x.y", None,
         Class.OUT_OF_OFFICE),
    ],
    "from a mailer-daemon": [
        (raw("<pat@firm.example>: no such user", From="MAILER-DAEMON@mx.example",
             Subject="failure notice"), "", None, Class.BOUNCE),
        # An answer of a machine: a person's would begin with "Re:".
        (raw("550 over quota", From="mailer-daemon@mx.example", Subject="Undeliverable: Hello Pat",
             In_Reply_To=OURS, Auto_Submitted="auto-replied"), "m@mx.example", SENT, Class.BOUNCE),
        (raw("Your message could not be delivered.", From="postmaster@mx.example", Subject="Hm"),
         "postmaster@mx.example", None, Class.BOUNCE),
        (raw("Deferred. I've given up; it will be deleted from queue. Will retry never.",
             From="MAILER-DAEMON@mx.example", Subject="Returned mail"), "", None, Class.BOUNCE),
        (raw("This is a warning only. You do not need to resend.", From="postmaster@mx.example",
             Subject="Delivery Status Notification (Delay)"), "", None, Class.DELAYED),
        (raw("Please confirm that you are human: https://cr.example/1",
             From="postmaster@mx.example"), "", None, Class.AUTO),
    ],
    "auto-reply fields": [
        (raw("We got your mail.", Auto_Submitted="auto-replied"), "p@x.y", SENT, Class.AUTO),
        (raw("Back on March 16, 2026", X_Autoreply="yes"), "p@x.y", SENT, Class.OUT_OF_OFFICE),
        (raw("I am away", Precedence="auto_reply"), "p@x.y", SENT, Class.OUT_OF_OFFICE),
        (raw("Thank you.", X_Auto_Response_Suppress="All",
             X_MS_Exchange_Inbox_Rules_Loop="pat@firm.example"), "p@x.y", SENT, Class.AUTO),
        # It only says that it replies by itself: a person's, unless it acknowledges.
        (raw("Lorem ipsum", Subject="[Auto-reply] Hello", X_Autoreply="yes"), "p@x.y", SENT,
         Class.OUT_OF_OFFICE),
        (raw("Gone fishing", Subject="Auto-reply: Hello"), "", SENT, Class.OUT_OF_OFFICE),
        (raw("Thank you for contacting us.", Subject="Auto-reply: Hello", X_Autoreply="yes"),
         "p@x.y", SENT, Class.AUTO),
        (raw("Your message could not be delivered.", Subject="Undeliverable: Hello Pat",
             Auto_Submitted="auto-replied"), "p@x.y", None, Class.BOUNCE),
        (raw("Je suis en congés.", Subject="Absence", X_Autogenerated="Reply"), "p@x.y", SENT,
         Class.OUT_OF_OFFICE),
    ],
    "looks bounced": [
        (raw(f"Message-ID: {OURS}", Subject="Mail delivery failed", From="ndr@mx.example"),
         "ndr@mx.example", None, Class.BOUNCE),
        (raw("Delivery attempts will continue", Subject="Delivery failure",
             From="gateway@mx.example"), "g@mx.example", None, Class.DELAYED),
        # By the subject alone, by words and a returned id, by words and a code.
        (raw("x", Subject="Undelivered Mail Returned to Sender", From="pat@firm.example"), "p@x.y",
         None, Class.BOUNCE),
        (raw(f"I wasn't able to deliver it.\n\nMessage-ID: {OURS}", Subject="Sorry"), "p@x.y", None,
         Class.BOUNCE),
        (raw("It could not be sent. Your message was not delivered: 550 no such user",
             Subject="Sorry"), "p@x.y", None, Class.BOUNCE),
        (raw("Ihre Nachricht konnte leider nicht zugestellt werden", Subject="Zustellung"), "p@x.y",
         None, Class.BOUNCE),
        # Our subject may be in the notice's.
        (raw("Your message could not be delivered to pat@firm.example",
             Subject="RE: Hello Pat: non remis (delivery failed)"), "p@x.y", None, Class.BOUNCE),
        (raw("Your message could not be delivered", Subject="Undeliverable: RE: Hello",
             In_Reply_To=OURS), "p@x.y", SENT, Class.BOUNCE),
    ],
    "challenge": [
        (raw("Click the following link to have your address added: https://cr.example/1",
             Subject="RE: Hello"), "pat@firm.example", None, Class.AUTO),
        (raw("Click this link to have your address added: https://cr.example/1"),
         "pat@firm.example", SENT, Class.AUTO),
        (raw("This user requires verification: https://cr.example/1"), "pat@firm.example", None,
         Class.AUTO),
    ],
    "null return path": [
        (raw("Ticket 4711 was opened"), "", SENT, Class.AUTO),
        (raw("I am away until Monday."), "", None, Class.OUT_OF_OFFICE),
    ],
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
        (raw("Yes", X_Autogenerated="Mirror", In_Reply_To=OURS), "p@x.y", SENT, Class.REPLY),
        # Somebody answers a bounce, or hands one on.
        (raw("Did you see this?\n\n> Undelivered", In_Reply_To=OURS,
             Subject="Re: Undelivered Mail Returned to Sender"), "pat@firm.example", SENT,
         Class.REPLY),
        (report("delivery-status", "Final-Recipient: rfc822; x@y.example\nAction: failed\n",
                From="pat@firm.example", Subject="Fwd: Undeliverable", text="Look", In_Reply_To=OURS
                ).replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed"),
         "pat@firm.example", SENT, Class.REPLY),
        (raw("I'll look into it.", From="postmaster@firm.example", In_Reply_To=OURS,
             Subject="Re: Delivery problems"), "postmaster@firm.example", SENT, Class.REPLY),
        # What the subject repeats isn't said by who answers.
        (raw("Yes", Subject="Re: Out of office handling", In_Reply_To=OURS), "pat@firm.example",
         SENT, Class.REPLY),
        (raw("Follow this link to confirm a time: https://calendar.example"), "pat@firm.example",
         SENT, Class.REPLY),
        (raw("I was on vacation last week. Yes."), "pat@firm.example", SENT, Class.REPLY),
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
