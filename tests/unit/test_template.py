from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.domain.errors import TemplateError
from tenuto.mail.template import (
    RENDERED_MAX,
    Context,
    Rendered,
    parse,
    render,
    required_attributes,
    variables,
)

CONTEXT = Context(
    contact={"email": "ann@example.com", "first_name": "Ann", "company": "Acme", "blank": " "},
    mailbox={"name": "Maria", "address": "maria@example.org", "postal_address": "1 Main St"},
    sequence="founders",
    unsubscribe_url="https://example.org/u/x",
)


def text_of(body: str, context: Context = CONTEXT) -> str:
    return render(parse("t.md", f"Subject: s\n\n{body}"), context).text


def test_a_message_is_filled_in() -> None:
    source = (
        "Subject: A word, {{ contact.first_name }}?\n\n"
        "Hi {{ contact.first_name }},\n\n{{ mailbox.name }} ({{ sequence }})\n"
        "--- html ---\n<p>Hi {{ contact.first_name }}</p>\n"
    )
    assert render(parse("hello.md", source), CONTEXT) == Rendered(
        "A word, Ann?", "Hi Ann,\n\nMaria (founders)\n", "<p>Hi Ann</p>\n"
    )


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    source = "\N{BYTE ORDER MARK}subject: hello\r\n\r\none\r\ntwo\r\n"
    assert render(parse("t.md", source), CONTEXT) == Rendered("hello", "one\ntwo\n", None)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "t.md:1: begin the file with a line `Subject: …`"),
        ("hi", "t.md:1: begin the file with a line `Subject: …`"),
        ("Subject:\n\nhi", "t.md:1: begin the file with a line `Subject: …`"),
        ("Subject: s", "t.md:2: leave this line empty"),
        ("Subject: s\nhi", "t.md:2: leave this line empty"),
        ("Subject: s\n\n", "t.md:3: the text is missing"),
        ("Subject: s\n\n--- html ---\n<p>", "t.md:3: the text is missing"),
        ("Subject: s\n\nhi\n--- html ---\n", "t.md:5: the HTML is missing"),
        ("Subject: s\n\nhi\n--- html ---\nx\n--- html ---\ny", "t.md:6: a second"),
        ("Subject: s\n\n" + "x" * 100_001, "t.md: 100013 characters"),
        ("Subject: {{ contact.x \n\nhi", "t.md:1: unexpected end of template"),
        ("Subject: s\n\nhi\n{% if contact.x %}", "t.md:4: Unexpected end of template"),
        ("Subject: s\n\n{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "t.md:3: nested too deeply"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(source: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse("t.md", source)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{% for i in range(10 ** 9) %}{% endfor %}", "a loop can't be used"),
        ("{{ 'x' * 10 ** 9 }}", "`mul` can't be used"),
        ("{% set x = 'x' %}", "`set` can't be used"),
        ("{{ contact.first_name.upper() }}", "a call can't be used"),
        ("{% include 'secret' %}", "`include` can't be used"),
        ("{% macro m() %}{{ m() }}{% endmacro %}", "a macro can't be used"),
        ("{% filter upper %}x{% endfilter %}", "`filterblock` can't be used"),
        ("{{ contact.first_name | replace('a', 'aa') }}", "there is no filter `replace`"),
        ("{{ contact.email | safe }}", "there is no filter `safe`"),
        ("{{ 1 is divisibleby 1 }}", "there is no test `is divisibleby`"),
        ("{{ ''.__class__ }}", "a value has no parts"),
        ("{{ contact.company.name }}", "a value has no parts"),
        ("{{ contact[contact.email] }}", "a value has no parts"),
        ("{{ first_name }}", "there is no `first_name`; write `contact.first_name`"),
        ("{{ contact }}", "`contact` has several values"),
        ("{{ mailbox.phone }}", "there is no `mailbox.phone`; there are mailbox.address"),
        ("{{ sequence.name }}", "`sequence` has no attributes"),
    ],
)
def test_what_could_run_long_or_leave_the_template_is_refused(body: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse("t.md", f"Subject: s\n\nhello\n{body}")
    assert str(caught.value).startswith(f"t.md:4: {said}")


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(TemplateError) as caught:
        parse("t.md", "Subject: s\n\n{{ name }}\n\n{{ town }}")
    first, second = str(caught.value).splitlines()
    assert first.startswith("t.md:3: there is no `name`")
    assert second.startswith("t.md:5: there is no `town`")


@pytest.mark.parametrize(
    "body",
    [
        "{{ contact.phone }}",
        "{{ contact['phone'] }}",
        "{{ contact.phone | upper }}",
        "{% if contact.phone == '1' %}x{% endif %}",
        "{% if contact.phone in ['1'] %}x{% endif %}",
        "{{ contact.phone ~ 'x' }}",
        "{{ contact.phone and 'x' }}",
        "{% if not contact.phone %}{{ contact.phone }}{% endif %}",
        "{% if contact.email %}{{ contact.phone }}{% endif %}",
        "{{ contact.email and contact.phone }}",
    ],
)
def test_a_missing_value_is_an_error_with_line_and_name(body: str) -> None:
    template = parse("t.md", f"Subject: s\n\nhello\n{body}")
    assert "phone" in required_attributes(template)
    with pytest.raises(TemplateError, match=r"^t\.md:4: `contact\.phone` has no value"):
        render(template, CONTEXT)


def test_a_blank_value_counts_as_missing() -> None:
    with pytest.raises(TemplateError, match=r"`contact\.blank` has no value"):
        text_of("{{ contact.blank }}")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ contact.phone | default('none') }}", "none\n"),
        ("{{ contact.blank | default('none') }}", "none\n"),
        ("{{ contact.phone or 'none' }}", "none\n"),
        ("{% if contact.phone %}{{ contact.phone }}{% else %}none{% endif %}", "none\n"),
        ("{% if contact.phone is defined %}{{ contact.phone }}{% endif %}.", ".\n"),
        (
            "{% if contact.phone is undefined %}none{% else %}{{ contact.phone }}{% endif %}",
            "none\n",
        ),
        ("{% if not contact.phone %}none{% else %}{{ contact.phone }}{% endif %}", "none\n"),
        ("{% if contact.phone and contact.phone != '1' %}x{% endif %}.", ".\n"),
        ("{% if contact.blank %}x{% elif contact.phone %}{{ contact.phone }}{% endif %}.", ".\n"),
        ("{{ contact.phone if contact.phone else 'none' }}", "none\n"),
    ],
)
def test_a_missing_value_that_is_asked_for_first_is_none(body: str, text: str) -> None:
    assert required_attributes(parse("t.md", f"Subject: s\n\n{body}")) == frozenset()
    assert text_of(body) == text


def test_an_attribute_named_like_a_method_of_python_is_only_an_attribute() -> None:
    with pytest.raises(TemplateError, match=r"`contact\.items` has no value"):
        text_of("{{ contact.items }}")
    assert text_of("{{ contact.items }}", replace(CONTEXT, contact={"items": "3"})) == "3\n"


def test_a_comparison_of_unlike_things_is_an_error_with_its_line() -> None:
    with pytest.raises(TemplateError, match=r"^t\.md:3: "):
        text_of("{% if contact.email > 3 %}x{% endif %}")


def test_all_that_a_template_names_is_known() -> None:
    source = (
        "Subject: {{ sequence }}\n\n{{ contact.a | default(contact.b) }}\n"
        "--- html ---\n{{ contact['Job Title'] }} {{ unsubscribe_url }}"
    )
    template = parse("t.md", source)
    assert variables(template) == {
        "sequence", "contact.a", "contact.b", "contact.Job Title", "unsubscribe_url",
    }  # fmt: skip
    assert required_attributes(template) == {"b", "Job Title"}


@settings(deadline=None)
@given(st.text())
def test_a_subject_stays_one_line_whatever_is_in_it(name: str) -> None:
    template = parse("t.md", "Subject: Hi {{ contact.name | default('you') }}!\n\ntext")
    subject = render(template, replace(CONTEXT, contact={"name": name})).subject
    assert len(subject.splitlines()) == 1


def test_values_are_escaped_in_html_and_only_there() -> None:
    source = "Subject: s\n\n{{ contact.name }}\n--- html ---\n{{ contact.name }}"
    rendered = render(parse("t.md", source), replace(CONTEXT, contact={"name": "<b>&"}))
    assert (rendered.text, rendered.html) == ("<b>&\n", "&lt;b&gt;&amp;\n")


def test_values_are_not_read_as_templates() -> None:
    assert text_of("{{ contact.x }}", replace(CONTEXT, contact={"x": "{{ 1 }}"})) == "{{ 1 }}\n"


@pytest.mark.parametrize(
    "source", ["Subject: {{ sequence }}\n\nhi", "Subject: s\n\n{{ sequence }}"]
)
def test_a_mail_without_subject_or_text_is_not_made(source: str) -> None:
    with pytest.raises(TemplateError, match="is empty for this contact"):
        render(parse("t.md", source), replace(CONTEXT, sequence=" "))


def test_a_value_that_is_too_long_is_refused() -> None:
    with pytest.raises(TemplateError, match="longer than 250000 characters"):
        text_of("{{ contact.x }}", replace(CONTEXT, contact={"x": "x" * (RENDERED_MAX + 1)}))
