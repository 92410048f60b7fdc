"""What a bounce says of the address, in the wording of many servers."""

import pytest

from tenuto.domain.bounce_kind import Kind, kind_of
from tests.mails import arrival, dsn, raw

HARD, SOFT, BLOCK = Kind.HARD, Kind.SOFT, Kind.BLOCK

#: Status, Diagnostic-Code, kind.
BY_STATUS = [
    ("5.1.1", "smtp; 550 5.1.1 User unknown", HARD),
    ("5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", HARD),
    ("5.4.4", "smtp; host not found", HARD),
    # Exchange says no more than the status.
    ("5.1.1", "", HARD),
    ("5.2.2", "", SOFT),
    ("5.7.1", "", BLOCK),
    ("5.1.8", "", BLOCK),
    ("5.1.7", "", BLOCK),
    # A real Exim.
    ("5.0.0", "smtp; 550 Unknown user", HARD),
    ("5.0.0", "smtp; 550 5.2.2 Mailbox is full", SOFT),
    ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", HARD),
    ("5.4.1", "smtp; 550 5.4.1 no answer", SOFT),
    ("5.7.1", "smtp; 550 5.7.1 No such user", HARD),
    ("4.4.7", "smtp; timed out", SOFT),
    ("4.1.1", "smtp; 450 4.1.1 User unknown in local recipient table", HARD),
    ("4.1.2", "smtp; 450 4.1.2 Recipient address rejected: Domain not found", SOFT),
    ("4.7.1", "smtp; 451 4.7.1 Greylisted, try again later", SOFT),
    ("4.7.0", "smtp; 421 4.7.0 Blocked by our reputation list", SOFT),
    ("5.3.4", "smtp; 552 5.3.4 Message too large", SOFT),
    ("5.2.2", "smtp; 552 5.2.2 <pat@firm.example>: no such quota left, user unknown to us", SOFT),
    # One code, three meanings.
    ("5.1.1", "smtp; 550 5.1.1 user over quota", SOFT),
    ("5.1.1", "smtp; 550 5.1.1 rejected, your IP is listed by a DNSBL", BLOCK),
    ("5.1.1", "smtp; 550 5.1.1 User unknown; see http://mail.example/spam-policy.html", HARD),
    ("5.7.1", "smtp; 550 5.7.1 Message rejected as spam by content filter", BLOCK),
    ("5.7.26", "smtp; 550 5.7.26 This mail is unauthenticated", BLOCK),
    ("5.1.8", "smtp; 550 5.1.8 Sender address rejected: Domain not found", BLOCK),
    # A name isn't an answer.
    ("5.0.0", "smtp; host mx.antispam.example said: 550 no such user", HARD),
    ("5.0.0", "smtp; 550 <spam@firm.example>: user unknown", HARD),
    ("5.0.0", "smtp; 554 192.0.2.1 is blocked by spamhaus", BLOCK),
    ("5.0.0", "smtp; 554 Something is wrong", SOFT),
    ("5.4.4", "smtp; 554 5.4.4 SMTPSEND.DNS.MxLoopback", SOFT),
]

#: Of a DSN that says 5.0.0.
WORDINGS = {
    HARD: [
        "550 Unrouteable address",
        "553 sorry, that address is in my badrcptto list (#5.7.1)",
        "Sorry, no mailbox here by that name. vpopmail (#5.1.1)",
        "Sorry, I couldn't find any host named firm.example. (#5.1.2)",
        "554 delivery error: dd This user doesn't have a yahoo.com account",
        "550 Requested action not taken: mailbox unavailable",
        "User pat (pat@firm.example) not listed in Domino Directory",
        "0 (000C05A6) Unknown Recipient",
        "550 The account or domain may not exist",
        "551 pat@firm.example is a deactivated mailbox",
        "550 5.2.1 The email account that you tried to reach is disabled",
        "550 Host unknown (Name server: firm.example: host not found)",
        "Name service error for name=firm.example type=A: Host not found",
        "an MX or SRV record indicated no SMTP service",
        "550 Recipient address rejected: User unknown in virtual mailbox table",
        "550 pat@firm.example is not a known user on this system",
        "511 the address has been replaced by sam@firm.example",
        # Words of a refusal that tell of none.
        "550 Recipient address rejected: User unknown in relay recipient table",
        "553 5.3.0 Addressee unknown, relay=[192.0.2.1]",
        "The message was rejected: 550 no such user. Ask the administrator of the domain",
        "returned to sender: user unknown",
        "550 no such user\nX-Scanned: Virus Wall",
        "host mx.spam-filter.example [192.0.2.1]: 550 no such user",
        "550 utilisateur inconnu",
        "550 Empfänger unbekannt",
        "550 no existe ese usuario",
        "550 nessun utente simile in questo indirizzo",
        "550 usuário desconhecido",
        "550 Konto niedostępne",
        "550 пользователь не найден",
        "550 该用户不存在",
        "550 收件人(pat@firm.example)不存在",
        "宛先のユーザーが見つかりません",
    ],
    SOFT: [
        "552 Mailbox full",
        "user is over quota",
        "maildir delivery failed: disk quota exceeded",
        "552 message size exceeds fixed maximum message size",
        "retry timeout exceeded",
        "connection timed out",
        "451 Temporary local problem - please try later",
        "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)",
        "554 5.4.6 Too many hops",
        "554 mail for firm.example loops back to myself",
        "554 Message looping; check for incorrect addresses",
        "550 account is currently suspended",
        "The user(s) account is disabled.",
        "550 mailbox temporarily disabled",
        "Host not found, try again",
        "Several matches found in Domino Directory",
        "550 boîte du destinataire pleine",
        "Das Postfach des Empfängers ist voll",
        "буфер получателя переполнен",
        "550 容量を超えています",
        "邮箱已满",
    ],
    BLOCK: [
        "554 5.7.1 Relay access denied",
        "553 sorry, that domain isn't in my list of allowed rcpthosts",
        "550 Sender verify failed",
        "550 SPF check failed",
        "554 Blocked - see https://support.example/dnsbl-lookup.cgi?ip=192.0.2.1",
        "550 SC-001 Unfortunately, messages from 192.0.2.1 weren't sent: it is on our block list",
        "554 rejected due to local policy",
        "550 Client host rejected: cannot find your hostname",
        "550 This message was classified as bulk",
        "550 You do not have permission to send to this recipient",
        "550 RESOLVER.RST.AuthRequired; authentication required",
        "550 sorry, closed mailing list, members only",
        "554 a virus was found in the attachment",
        "550 backscatter protection detected an invalid or expired email address",
    ],
}


@pytest.mark.parametrize(("status", "diagnostic", "kind"), BY_STATUS)
def test_the_words_decide_within_what_the_code_allows(
    status: str, diagnostic: str, kind: Kind
) -> None:
    assert kind_of(arrival(dsn(status, diagnostic), "")) is kind


@pytest.mark.parametrize(("kind", "words"), [(k, w) for k, ws in WORDINGS.items() for w in ws])
def test_a_servers_words_tell_the_kind(kind: Kind, words: str) -> None:
    assert kind_of(arrival(dsn("5.0.0", f"smtp; {words}"), "")) is kind


@pytest.mark.parametrize(("kind", "words"), [(k, w) for k, ws in WORDINGS.items() for w in ws])
def test_so_they_do_in_a_notice_without_a_part_for_machines(kind: Kind, words: str) -> None:
    notice = f"Your mail could not be delivered to pat@firm.example:\n{words}"
    assert kind_of(arrival(raw(notice, From="MAILER-DAEMON@mx.example"), "")) is kind


@pytest.mark.parametrize(
    "mark",
    [
        "--- Below this line is a copy of the message.",
        "------ This is a copy of the message, including all the headers. ------",
        "   ----- Original message follows -----",
        "Original message headers:",
        "Return-Path: <anna@sender.example>",
        "________________________________",
        "**** This email has been scanned for spam and viruses ****",
    ],
)
def test_the_mail_that_is_returned_says_nothing_of_the_address(mark: str) -> None:
    text = f"I couldn't deliver it: no such user\n\n{mark}\n\nYour mailbox is full of spam."
    assert kind_of(arrival(raw(text), "")) is HARD


def test_words_are_understood_over_the_ends_of_lines() -> None:
    assert kind_of(arrival(raw("It failed: mailbox\nis\nfull"), "")) is SOFT


@pytest.mark.parametrize("action", ["Action: delayed\n", ""])
def test_of_several_recipients_the_first_that_failed_decides(action: str) -> None:
    one = f"\n\nFinal-Recipient: rfc822; sam@firm.example\n{action}Status: 4.2.2\n\n"
    mail = dsn("5.1.1", "smtp; 550 user unknown").replace(b"\r\n\r\nFinal", one.encode() + b"Final")
    assert kind_of(arrival(mail, "")) is HARD
