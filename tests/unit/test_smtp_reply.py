import pytest

from tenuto.mail.smtp_reply import Reply, blames_recipient, stored_message_id


@pytest.mark.parametrize(
    "reply",
    [
        Reply(550, "5.1.1 <ann@example.com>: Recipient address rejected: User unknown"),
        Reply(550, "5.1.2 Domain not found"),
        Reply(553, "5.1.3 bad address syntax"),
        Reply(556, "5.1.10 domain has a null MX"),
        Reply(550, "5.1.1 The email account that you tried to reach does not exist.\n5.1.1 See"),
        Reply(550, "5.0.0 <ann@example.com>... User unknown"),
        Reply(550, "5.1.0 Address unknown"),
        Reply(550, "Unknown user"),
        Reply(550, "Unrouteable address"),
        Reply(550, "No such user here"),
        Reply(550, "No such mailbox"),
        Reply(550, "Requested action not taken: mailbox not found"),
        Reply(551, "User no longer here"),
        Reply(553, "sorry, this recipient doesn't exist"),
        Reply(550, "<ann@example.com>: invalid mailbox"),
    ],
    ids=str,
)
def test_a_dead_address_is_the_recipients(reply: Reply) -> None:
    assert blames_recipient(reply)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(450, "4.1.1 User unknown, try later"),
        Reply(550, "5.7.1 Relaying denied"),
        Reply(550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
        Reply(550, "5.4.5 Daily user sending quota exceeded"),
        Reply(550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
        Reply(553, "5.1.8 Sender address rejected: Domain not found"),
        Reply(553, "5.1.7 Invalid address of the sender"),
        Reply(550, "5.1.0 Address rejected"),
        Reply(550, "5.1.0 Sender address unknown"),
        Reply(550, "5.2.1 The user you are trying to contact is receiving mail too quickly"),
        Reply(552, "5.2.2 Mailbox full"),
        Reply(550, "Mailbox unavailable"),
        Reply(550, "Blocked: no such user policy"),
        Reply(550, "relay not permitted, unknown user"),
        Reply(554, "No such user"),
        Reply(550, "5.1.100 ?"),
        Reply(250, "5.1.1"),
    ],
    ids=str,
)
def test_any_other_refusal_is_not(reply: Reply) -> None:
    assert not blames_recipient(reply)


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        (
            "2.0.0 OK <DB9P1@DB9P1.eurprd02.prod.outlook.com> [Hostname=DB9P1.prod.outlook.com]",
            "<DB9P1@DB9P1.eurprd02.prod.outlook.com>",
        ),
        (
            "2.6.0 <a.1@mail.example.com> [InternalId=1, Hostname=x] 8 bytes\nQueued mail",
            "<a.1@mail.example.com>",
        ),
        ("2.0.0 Ok: queued as 4F1A2", None),
        ("2.0.0 OK <ann@example.com> accepted", None),
        ("2.0.0 OK  1700000000 a1-2b3c.4 - gsmtp", None),
    ],
)
def test_a_server_may_say_which_message_id_it_gave(text: str, message_id: str | None) -> None:
    assert stored_message_id(Reply(250, text)) == message_id


def test_a_reply_is_text_that_a_database_takes() -> None:
    raw = b"gr\xfc\xdfe \0 \xc3\xbc".decode(errors="surrogateescape")
    reply = Reply.read(250, raw)
    assert str(reply) == "250 gr\ufffd\ufffde \ufffd ü"
