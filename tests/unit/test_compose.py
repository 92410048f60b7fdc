import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Literal
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.domain.errors import InputError
from tenuto.domain.ids import Purpose
from tenuto.mail.compose import compose
from tenuto.mail.headers import unsubscribe_url
from tenuto.mail.letter import (
    LetterOrder,
    Recipient,
    ThreadParent,
)
from tenuto.mail.template import Rendered
from tests.letters import MAILBOX, ORDER, REF, SENT, SIGNER, with_capabilities

FIELDS = {
    "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Feedback-ID", "X-Auto-Response-Suppress", "X-Tenuto-Token", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding",
}  # fmt: skip
ONE_TO_ONE = replace(ORDER, list_unsubscribe=False, opt_out_line='Reply "no" to stop.')


def read(order: LetterOrder) -> EmailMessage:
    message = message_from_bytes(compose(order, SIGNER, None).raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def text_of(message: EmailMessage) -> str:
    return content_of(message, "plain")


def content_of(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_plain_letter_has_these_fields_and_no_other() -> None:
    message = read(ORDER)
    assert sorted(message.keys()) == sorted(FIELDS)
    assert str(message["From"]) == "Maria López <maria@example.org>"
    assert str(message["To"]) == "Ann Doe <ann@example.com>"
    assert message["Subject"] == "A question"
    assert message["Date"].datetime == SENT
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN"
    assert message.get_content_type() == "text/plain"


def test_it_ends_with_the_postal_address() -> None:
    text = "Hi Ann,\n\nwhat do you think?\n\nAcme Inc\n1 Main St\n"
    assert text_of(read(ORDER)) == text


def test_its_ids_name_the_send() -> None:
    letter, message = compose(ORDER, SIGNER, None), read(ORDER)
    assert message["Message-ID"] == letter.message_id
    assert letter.message_id.endswith("@example.org>")
    assert SIGNER.parse_message_id(letter.message_id) == REF
    assert SIGNER.parse(Purpose.HEADER, message["X-Tenuto-Token"]) == REF
    assert SIGNER.parse(Purpose.HEADER, message["Feedback-ID"].partition(":")[0]) == REF


def test_the_same_order_makes_the_same_bytes() -> None:
    order = replace(ORDER, format="html")
    assert compose(order, SIGNER, None) == compose(order, SIGNER, None)


def test_bounces_go_to_an_address_of_the_send_where_the_server_allows() -> None:
    verp = compose(ORDER, SIGNER, None).envelope_from
    local_part, _, domain = verp.partition("@")
    assert (SIGNER.addressed(local_part), domain) == ((Purpose.BOUNCE, REF), "example.org")
    plain = compose(with_capabilities(ORDER, verp=False), SIGNER, None)
    assert plain.envelope_from == "maria@example.org"


def test_replies_go_to_a_tagged_address_only_where_that_is_wanted() -> None:
    assert read(ORDER)["Reply-To"] is None
    (address,) = read(with_capabilities(ORDER, reply_tag=True))["Reply-To"].addresses
    assert SIGNER.addressed(address.username) == (Purpose.REPLY, REF)
    assert address.display_name == "Maria López"


def test_one_click_unsubscribe_is_a_page_and_an_address() -> None:
    message = read(ORDER)
    page, mailto = re.findall("<([^>]+)>", message["List-Unsubscribe"])
    assert page == unsubscribe_url("https://go.example.org/", SIGNER, REF)
    assert SIGNER.parse(Purpose.UNSUBSCRIBE, page.rpartition("/u/")[2]) == REF
    address, _, query = mailto.removeprefix("mailto:").partition("?")
    assert SIGNER.addressed(address.partition("@")[0]) == (Purpose.UNSUBSCRIBE, REF)
    assert query == "subject=unsubscribe"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_shared_server_gets_unsubscriptions_at_the_mailbox() -> None:
    field = read(with_capabilities(ORDER, verp=False))["List-Unsubscribe"]
    address, _, query = field.rpartition("<")[2].rstrip(">").partition("?subject=")
    assert address == "mailto:maria@example.org"
    word, token = unquote(query).split()
    assert (word, SIGNER.parse(Purpose.UNSUBSCRIBE, token)) == ("unsubscribe", REF)


def test_one_to_one_mail_has_a_line_instead_of_the_fields() -> None:
    message = read(ONE_TO_ONE)
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None
    assert text_of(message).endswith('Reply "no" to stop.\n\nAcme Inc\n1 Main St\n')


@pytest.mark.parametrize("line", [None, "", " \n"])
def test_a_mail_without_a_way_out_is_refused(line: str | None) -> None:
    with pytest.raises(InputError, match="how to get no more"):
        replace(ORDER, list_unsubscribe=False, opt_out_line=line)


def test_a_mail_without_a_postal_address_is_refused() -> None:
    with pytest.raises(InputError, match="postal address"):
        replace(ORDER, mailbox=replace(MAILBOX, postal_address=" "))


def test_a_follow_up_answers_its_thread() -> None:
    thread = ThreadParent(("<1@example.org>", "<2@mail.example.net>"), "A question")
    letter, message = (
        compose(replace(ORDER, thread=thread), SIGNER, None),
        read(replace(ORDER, thread=thread)),
    )
    assert message["In-Reply-To"] == "<2@mail.example.net>"
    assert message["References"] == "<1@example.org> <2@mail.example.net>"
    assert message["Subject"] == letter.subject == "Re: A question"


def test_re_is_not_said_twice() -> None:
    thread = ThreadParent(("<1@example.org>",), "RE: A question")
    assert read(replace(ORDER, thread=thread))["Subject"] == "RE: A question"


@pytest.mark.parametrize("ids", [(), ("no id",), ("<a b@c>", "")])
def test_a_thread_without_a_mail_to_answer_is_a_new_conversation(ids: tuple[str, ...]) -> None:
    message = read(replace(ORDER, thread=ThreadParent(ids, "Old")))
    assert message["Subject"] == "A question"
    assert message["In-Reply-To"] is None
    assert message["References"] is None


def test_a_long_thread_keeps_its_first_and_its_latest_message_ids() -> None:
    ids = tuple(f"<{n}{'x' * 90}@example.org>" for n in range(100))
    message = read(replace(ORDER, thread=ThreadParent(ids, "Old")))
    assert str(message["References"]).split() == [ids[0], *ids[-19:]]


def test_html_is_an_alternative_to_the_text() -> None:
    order = replace(ORDER, format="html", mailbox=replace(MAILBOX, postal_address="A & B\nTown"))
    message = read(order)
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert content_of(message, "html") == "<p>Hi Ann</p><p>A &amp; B<br>Town</p>\n"


def test_the_footer_stands_inside_the_body_of_a_page() -> None:
    page = Rendered("s", "text\n", "<html><body><p>x</p></body></html>\n")
    html = content_of(read(replace(ORDER, format="html", rendered=page)), "html")
    assert html.endswith("Acme Inc<br>1 Main St</p>\n</body></html>\n")


def test_a_message_without_html_is_text() -> None:
    order = replace(ORDER, format="html", rendered=replace(ORDER.rendered, html=None))
    assert read(order).get_content_type() == "text/plain"


def test_an_address_outside_ascii_is_written_in_utf_8() -> None:
    order = replace(ORDER, recipient=Recipient("jörg@example.com"))
    assert "\r\nTo: jörg@example.com\r\n".encode() in compose(order, SIGNER, None).raw


INJECTION = "x\r\nBcc: eve@example.com\r\n\r\nbody"
CHANGES: dict[str, Callable[[str], LetterOrder]] = {
    "mailbox name": lambda v: replace(ORDER, mailbox=replace(MAILBOX, name=v)),
    "recipient's name": lambda v: replace(ORDER, recipient=Recipient("ann@example.com", v)),
    "subject": lambda v: replace(ORDER, rendered=replace(ORDER.rendered, subject=v)),
    "thread's subject": lambda v: replace(ORDER, thread=ThreadParent(("<a@b>",), v)),
    "thread's id": lambda v: replace(ORDER, thread=ThreadParent((v, f"<{v}>", "<a@b>"), "s")),
    "text": lambda v: replace(ORDER, rendered=replace(ORDER.rendered, text=v)),
    "opt-out line": lambda v: replace(ORDER, opt_out_line=f"x{v}"),
    "postal address": lambda v: replace(ORDER, mailbox=replace(MAILBOX, postal_address=f"x{v}")),
}
THREAD_FIELDS = {"In-Reply-To", "References"}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@settings(deadline=None)
@given(value=st.text() | st.just(INJECTION))
def test_no_value_adds_a_field(change: Callable[[str], LetterOrder], value: str) -> None:
    message = read(change(value))
    assert set(message.keys()) - THREAD_FIELDS == FIELDS
    assert len(message.keys()) - len(THREAD_FIELDS & set(message.keys())) == len(FIELDS)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@settings(max_examples=20, deadline=None)
@given(value=st.text(min_size=900) | st.text("ab", min_size=900))
def test_no_line_is_longer_than_smtp_allows(
    change: Callable[[str], LetterOrder], value: str
) -> None:
    raw = compose(replace(change(value), format="html"), SIGNER, None).raw
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_names_and_subjects_are_read_as_they_were_written(value: str) -> None:
    order = replace(
        ORDER,
        mailbox=replace(MAILBOX, name=value),
        rendered=replace(ORDER.rendered, subject=value),
    )
    message = message_from_bytes(compose(order, SIGNER, None).raw)
    assert decoded(message["Subject"]) == value
    # Python 3.11's newer parser puts blanks between the encoded words of a name.
    name, address = parseaddr(message["From"])
    assert (decoded(name), address) == (value, "maria@example.org")


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example.com\r\nBcc: eve@x.org",
     "<ann@example.com>", "ann@example.com, eve@example.com", "ann@example.com\N{NEXT LINE}"],
)  # fmt: skip
def test_a_bad_address_is_refused_and_not_repeated(address: str) -> None:
    for order in (
        replace(ORDER, recipient=Recipient(address)),
        replace(ORDER, mailbox=replace(MAILBOX, address=address)),
    ):
        with pytest.raises(InputError, match="address isn't one") as caught:
            compose(order, SIGNER, None)
        assert "ann" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "go.example.org", "https://", "https://x\r\nBcc: e@x.org", "https://x>, <mailto:e"]
)
def test_a_bad_public_url_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="public URL"):
        compose(replace(ORDER, public_url=url), SIGNER, None)
