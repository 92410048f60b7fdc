"""HTML as a person sees it, and what mail programs quote in it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.mail.html_text import text_of
from tenuto.mail.reply_text import own_words, reply

YES = "<div>Yes,</div><div><br></div><div>gladly.</div>"
QUOTING = {
    "gmail": '<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Mar 3, 2026 at'
    ' 10:00 AM Anna &lt;<a href="mailto:a@b.example">a@b.example</a>&gt; wrote:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0 0 0 0.8ex;border-left:1px solid">'
    "<div>Hello</div></blockquote></div>",
    "gmail, forwarded": '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded'
    " message ---------<br>From: Anna</div><div>Hello</div></div>",
    "gmail, unknown language": '<div class="gmail_quote"><div class="gmail_attr">Blah Anna blah'
    "</div><blockquote>Hello</blockquote></div>",
    "outlook on the web": '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b>'
    " Anna<br><b>Sent:</b> Tuesday</div><div>Hello</div>",
    "outlook": '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm">'
    "<p class=MsoNormal><b>Von:</b> Anna</p></div></div><p class=MsoNormal>Hello</p>",
    "outlook for mac": '<div style="border:none;border-top:solid #B5C4DF 1.0pt">From</div>Hello',
    "yahoo": '<div class="yahoo_quoted"><div>On Tuesday Anna wrote:</div><div>Hello</div></div>',
    "apple": '<br><blockquote type="cite"><div>On 3 Mar 2026, Anna wrote:</div>Hello</blockquote>',
    "thunderbird": '<div class="moz-cite-prefix">Am 03.03.26 um 10:00 schrieb Anna:</div>'
    '<blockquote type="cite" cite="mid:m1"><p>Hello</p></blockquote>',
    "roundcube": '<p id="reply-intro">On Tuesday Anna wrote:</p><blockquote>Hello</blockquote>',
    "proton": '<div class="protonmail_quote">On Tuesday, Anna wrote:<blockquote>Hello</blockquote>'
    "</div>",
}


@pytest.mark.parametrize("quoted", QUOTING.values(), ids=QUOTING)
def test_a_quoted_mail_is_not_the_senders(quoted: str) -> None:
    assert own_words(text_of(YES + quoted)) == "Yes,\n\ngladly."
    assert reply(text_of(YES + quoted)) == "Yes,\n\ngladly."
    assert "> Hello" in text_of(YES + quoted)


def test_answers_between_block_quotes_are_the_senders() -> None:
    page = (
        '<div class="gmail_quote"><div class="gmail_attr">On Tuesday Anna wrote:</div>'
        "<blockquote>Monday?</blockquote><div>No.</div><blockquote>Tuesday?</blockquote>"
        "<div>Yes.</div></div>"
    )
    assert own_words(text_of(page)).split() == ["No.", "Yes."]


@pytest.mark.parametrize(
    "page",
    [
        '<div style="display: none">Buy</div>Yes',
        '<div style="color:red;max-height:0px;overflow:hidden">Buy</div>Yes',
        "<span hidden>Buy</span>Yes",
        "<style>Buy</style><script>Buy</script><title>Buy</title>Yes",
        "<!-- Buy -->Yes",
        'Yes<div class="gmail_signature">Buy</div>',
        'Yes<div id="Signature"><p>Buy</p></div>',
    ],
)
def test_what_nobody_wrote_or_sees_is_left_out(page: str) -> None:
    assert text_of(page) == "Yes"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p class=MsoNormal>One</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>Two</p>",
         "One\n\nTwo"),
        ("One<br>Two<br><br><br>Three", "One\nTwo\n\nThree"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>One\nTwo</pre>", "One\nTwo"),
        ("a &lt; b &amp; c <b>d</b>e", "a < b & c de"),
        ('<blockquote style="margin:0 0 0 40px;border:none">indented</blockquote>', "indented"),
        ('<div style="font-size:0px"><p style="font-size:14px">shown</p></div>', "shown"),
        ("<p>broken <b>and <p>not closed", "broken and\n\nnot closed"),
        ("\ufeff<p>marked</p>", "marked"),
        ("a <![CDATA[ b ]]> <!x", "a"),
        ("", ""),
    ],
)  # fmt: skip
def test_blocks_are_lines(page: str, text: str) -> None:
    assert text_of(page) == text


@given(st.text(st.sampled_from("<>/=\"' abdivpq!-[]&;") | st.characters(), max_size=400))
def test_any_text_can_be_read(page: str) -> None:
    assert "\r" not in text_of(page)


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<!--", '<a style="', "<a b='c\"", "</", "<div>", "<blockquote>", "<b><i>", "&#"],
)
def test_a_hostile_page_costs_little(piece: str) -> None:
    began = time.process_time()
    text_of(piece * (64 * 1024 // len(piece)))
    assert time.process_time() - began < 5


def test_a_page_is_read_down_to_a_depth() -> None:
    assert text_of("<div>" * 400 + "deep") == "deep"
    assert text_of("up" + "<div>" * 10_000 + "deep") == "up"
    assert text_of("<div></b>" * 10_000 + "deep") == ""
    assert text_of("<div>a</div><p>" * 4000 + "end").endswith("end")
