"""Files that are wrong, and what is said about them: the line, what, and what to write."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from starter.sequence_file import load
from tenuto.domain.problem import Problem, SequenceError

HEAD = "sequence: hello\nfrom: anna@example.com\n"
ONE = "steps:\n  - email: a.md\n"
THREE = """\
steps:
  - id: a
    email: a.md
  - id: b
    email: a.md
  - id: c
    email: a.md
"""

Read = Callable[[str], tuple[Problem, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The problems of a sequence file with this content; a.md is a good template."""
    (tmp_path / "a.md").write_text("Subject: Hello\n\nHi {{ contact.first_name }}\n")

    def problems(text: str, name: str = "s.yaml") -> tuple[Problem, ...]:
        path = tmp_path / name
        path.write_bytes(text.encode())
        with pytest.raises(SequenceError) as caught:
            load(path)
        return caught.value.problems

    return problems


RULES = [
    ("frm: x", 3, 'unknown key "frm"', 'write "from"'),
    ("colour: red", 3, 'unknown key "colour"', "remove it; known here: sequence, "),
    ("class: out-reach", 3, '"class" can\'t be "out-reach"', 'write "outreach"'),
    ("class: [outreach]", 3, '"class" must be a single value', "write one of: outreach, nurture"),
    ("guard: {}", 3, '"guard" sets nothing', "bounces: 3% of 100, complaints: 0.1% of 1000"),
    ("tracking: {opens: false}", 3, '"tracking" comes in a later release', "remove it"),
    ("entry: {triggers: [manul]}", 3, 'no trigger "manul"', 'write "manual"'),
    ("entry: {triggers: manual}", 3, '"triggers" must be a list', "[manual, import, api]"),
    ("entry: {triggers: []}", 3, '"triggers" is empty', "[manual, import, api]"),
    ("entry: {reenter: always}", 3, 'can\'t be "always"', "never, after exit, or a time"),
    ("entry: {reenter: after lunch}", 3, '"lunch" is not a duration', "90s, 5m"),
    ("entry: {exclusive: x}", 3, '"exclusive" comes in a later release', "remove it"),
    ("calendar: {zone: Europe/Berln}", 3, 'no time zone "Europe/Berln"', 'write "Europe/Berlin"'),
    ("calendar: {default_zone: Mars}", 3, 'no time zone "Mars"', "write"),
    ("calendar: {days: weekdays}", 3, '"days" can\'t be "weekdays"', "business, all"),
    ("calendar: {days: [mon, tues]}", 3, '"tues" is no day', 'write "tue"'),
    ("calendar: {days: []}", 3, '"days" is empty', "[mon, tue, wed]"),
    ("calendar: {hours: [9-17]}", 3, '"9-17" is no range of hours', '"09:00-11:30"'),
    ('calendar: {hours: ["17:00-09:00"]}', 3, "ends before it begins", "earlier time first"),
    ('calendar: {hours: ["09:00-24:30"]}', 3, "is no time of day", '"09:00-11:30"'),
    ('calendar: {hours: ["09:00-12:00", "11:00-13:00"]}', 3, "overlap", "follow one another"),
    ("calendar: {hours: []}", 3, '"hours" is empty', '"09:00-11:30"'),
    ("calendar: {holidays: XX}", 3, 'there is no country "XX"', "contact, none, or a place"),
    ("calendar: {holidays: DE-ZZ}", 3, "no holidays of their own are known", "DE-BY"),
    ("calendar: {closed: team.ics}", 3, "there is no file", "write that file"),
    ("calendar: always", 3, "must be a mapping", "write it like {zone: contact"),
    ("cadence: {gap: -2 business days}", 3, "is negative", "2 business days"),
    ("cadence: {gap: 999 business days}", 3, "is too long", "at most 250"),
    ("cadence: {stale_after: 3 business days}", 3, "is elapsed time here", "like 3d"),
    ("cadence: {gap: -2d}", 3, '"gap": "-2d" is negative', "such as 3d"),
    ("cadence: {gap: 3}", 3, '"gap": "3" has no unit', "write 3s, 3m, 3h or 3d"),
    ("cadence: {gap: }", 3, '"gap" is empty', "such as 2d or 2 business days"),
    ("cadence: {max: 3}", 3, '"max" must say how many in which time', "max: {7d: 3}"),
    ("cadence: {max: {7d: 0}}", 3, 'a number of mails can\'t be "0"', "from 1 to 999999"),
    ("cadence: {max: {7d: 3, 1w: 2}}", 3, '"max" names this time twice', "remove one"),
    ("cadence: {max: {week: 3}}", 3, '"week" is not a duration', "2w"),
    ("cadence: {stale_after: 0s}", 3, '"stale_after" is too short', "at least 1s"),
    ("cadence: {per_domain: {1d: 0}}", 3, 'can\'t be "0"', "from 1 to 999999"),
    ("cadence: {per_domain: 3}", 3, '"per_domain" must say how many', "per_domain: {7d: 3}"),
    ("cadence: {priority: 101}", 3, '"priority" can\'t be "101"', "from 0 (last) to 100"),
    ("cadence: {new_per_day: 0}", 3, '"new_per_day" can\'t be "0"', "from 1 to 999999"),
    ("goal: {evnt: booked}", 3, 'unknown key "evnt"', 'write "event"'),
    ("goal: {deal_stage: won}", 3, '"deal_stage" comes in a later release', "remove it"),
    ("goal: {}", 3, "this condition asks nothing", "{event: meeting_booked}"),
    ("goal: booked", 3, "must be a mapping", "{event: meeting_booked}"),
    ("goal: {any: []}", 3, '"any" is empty', "write any: [{event"),
    ("goal: {event: a, attribute: b}", 3, "asks one thing, not event and attribute", "any: [...]"),
    ("goal: {attribute: plan}", 3, "an attribute needs one test", "is: VALUE"),
    ("goal: {attribute: plan, is: a, in: [b]}", 3, "not is and in", "is: VALUE"),
    ("goal: {attribute: plan, exists: maybe}", 3, 'can\'t be "maybe"', "true or false"),
    ("goal: {event: Meeting Booked}", 3, "is no name of an event", "lower-case"),
    ("when: {reply: {stop: company}}", 3, '"stop" can\'t be "company"', "person, enrollment"),
    ("when: {reply: {task: a.md}}", 3, '"task" comes in a later release', "remove it"),
    ("when: {soft_bounce: {times: two}}", 3, '"times" can\'t be "two"', "whole number"),
    ("when: {unknown: stop}", 3, '"unknown" can\'t be "stop"', "continue, hold"),
    (
        "class: nurture\nlist_unsubscribe: false",
        4,
        "always carries List-Unsubscribe",
        "remove this",
    ),
    ("list_unsubscribe: yes", 3, 'can\'t be "yes"', "write true or false"),
    ("opt_out_line: ''", 3, '"opt_out_line" is empty', "write a sentence"),
    (
        "sequence: again",
        3,
        'the key "sequence" is already there in line 1',
        "remove one of the two",
    ),
    ("? [a, b]\n: c", 3, "a key must be a word", "write a name before the colon"),
    ('opt_out_line: "a\\0b"', 3, "a character that no text has", "without"),
]


@pytest.mark.parametrize(("lines", "line", "what", "instead"), RULES)
def test_a_rule_that_is_wrong(read: Read, lines: str, line: int, what: str, instead: str) -> None:
    (problem,) = read(HEAD + lines + "\n" + ONE)
    assert problem.line == line
    assert what in problem.what
    assert instead in problem.instead


STEPS = [
    ("- {id: a, emial: a.md}", 'unknown key "emial"', 'write "email"'),
    ("- {id: a}", "this step does nothing", "write email: FILE"),
    ("- hello", "must be a mapping", "email: hello.md"),
    ("- {id: A B, email: a.md}", '"A B" can\'t be an id', "lower-case letters"),
    ("- {email: a.md, exit: completed}", "does one thing, not email and exit", "a step for each"),
    ("- {email: {a: a.md, b: a.md}, split: {a: 50}}", '"split" comes in a later', "remove it"),
    ("- {email: a.md, at: '25:30'}", '"25:30" is no time of day', '"09:30"'),
    ("- {email: a.md, at: '07:30'}", "no hours are open at 07:30", "inside the hours"),
    ("- {wait: 1d, at: '09:30'}", "only an email step waits for a time of day", "remove it"),
    ("- {email: {file: a.md, format: rtf}}", '"format" can\'t be "rtf"', "text, html"),
    ("- {email: {format: text}}", '"file" is missing', "the name of a file"),
    ("- {email: {file: a.md, format: html}}", '"a.md" has no HTML', "--- html ---"),
    ("- {email: b.md}", "there is no file", 'write "a.md"'),
    ("- {email: /etc/a.md}", "found on this machine only", "relative"),
    ("- {email: .}", "is not a file", "the name of a file"),
    ("- {wait: 0s}", '"wait" is too short', "at least 1s, or remove it"),
    ("- {wait: -3 business days, email: a.md}", "is negative", "such as 2 business days"),
    ("- {wait: next tusday, email: a.md}", '"tusday" is no day of the week', "next tuesday"),
    ("- {wait: next tue evening, email: a.md}", "no part of the day", "morning or afternoon"),
    ("- {email: a.md, goto: lst}", 'there is no step "lst"', 'write "last"'),
    ("- {email: a.md, goto: xyz}", 'there is no step "xyz"', "the id of a step: "),
    ("- {email: a.md, id: last}", 'the id "last" is taken by the step in line', "of its own"),
    ("- {email: a.md, thread: last}", '"last" is never sent before', "comes before"),
    ("- {email: a.md, thread: pause}", '"pause" is not an email step', "name the email step"),
    ("- {email: a.md, thread: helo}", 'there is no step "helo"', 'write "hello"'),
    ("- {id: self, email: a.md, thread: self}", '"self" is never sent before', "comes before"),
    ("- {wait: 1d, thread: hello}", "only an email step can be in a thread", "remove it"),
    ("- {branch: []}", '"branch" is empty', "write branch: [{if:"),
    ("- {branch: {if: x}}", '"branch" must be a list', "write branch: [{if:"),
    ("- {branch: [{else: last}]}", "this branch asks nothing", "write an arm"),
    ("- {branch: [{goto: last}, {else: last}]}", "this arm asks nothing", "else: STEP"),
    ("- {branch: [{if: {event: a}}, {else: last}]}", "this arm leads nowhere", "goto: STEP"),
    ("- {branch: [{if: {event: a}, then: last}, {else: last}]}", 'unknown key "then"', "remove"),
    ("- {branch: [{else: last}, {if: {event: a}, goto: last}]}", '"else" ends a', "behind the"),
    ("- {branch: [{if: {event: a}, within: 0s, goto: last}]}", '"within" is too short', "1s"),
    ("- {branch: [{if: {evt: a}, goto: last}]}", 'unknown key "evt"', 'write "event"'),
    ("- {branch: [{if: {event: a}, goto: last}, {else: last}], goto: last}", "both say", "one"),
]


@pytest.mark.parametrize(("step", "what", "instead"), STEPS)
def test_a_step_that_is_wrong(read: Read, step: str, what: str, instead: str) -> None:
    text = f"""\
steps:
  - {{id: hello, email: a.md}}
  - {{id: pause, wait: 1d}}
  {step}
  - {{id: last, email: a.md}}
"""
    found = [problem for problem in read(HEAD + text) if problem.line == 6 or "last" in step]
    said = [p for p in found if what in p.what]
    assert len(said) == 1, found
    assert instead in said[0].instead
    assert len(found) == len(said), found


def test_a_step_that_no_way_leads_to(read: Read) -> None:
    steps = THREE.replace("email: a.md", "email: a.md\n    goto: c", 1)
    (problem,) = read(HEAD + steps)
    assert problem.line == 7
    assert problem.what == 'no way leads to the step "b"'
    assert 'lead to it with "goto: b"' in problem.instead


def test_a_cycle_is_named(read: Read) -> None:
    (problem,) = read(HEAD + THREE + "    goto: a\n")
    assert (problem.line, problem.column) == (10, 11)
    assert problem.what == "these steps go round in a circle: a → b → c → a"
    assert "lead the last one onwards" in problem.instead


def test_a_step_that_leads_to_itself_is_a_cycle(read: Read) -> None:
    (problem,) = read(HEAD + THREE + "    goto: c\n")
    assert problem.what.endswith("c → c")


def test_a_wait_at_the_end_is_for_nothing(read: Read) -> None:
    (problem,) = read(HEAD + ONE + "  - wait: 3d\n")
    assert problem.line == 5
    assert problem.what == "nothing follows this wait"


@pytest.mark.parametrize("steps", ["steps:\n", "steps: []\n", "steps: {}\n", "steps: hello\n"])
def test_a_sequence_needs_steps(read: Read, steps: str) -> None:
    (problem,) = read(HEAD + steps)
    assert problem.line == 3
    assert problem.instead == "write a list, each step after a dash"


def test_a_sequence_needs_an_email(read: Read) -> None:
    (problem,) = read(HEAD + "steps:\n  - exit: completed\n")
    assert problem.what == "no step sends a mail"


def test_what_a_file_must_have(read: Read) -> None:
    missing = {problem.what for problem in read("class: outreach\n")}
    assert missing == {'"sequence" is missing', '"from" is missing', '"steps" is missing'}


@pytest.mark.parametrize("sender", ["anna", "Anna <anna@example.com>", "anna@", "a b@c.de"])
def test_from_is_an_address(read: Read, sender: str) -> None:
    (problem,) = read(f"sequence: hello\nfrom: {sender}\n{ONE}")
    assert "is no mail address" in problem.what
    assert "from: anna@example.com" in problem.instead


@pytest.mark.parametrize("slug", ["Hello", "a b", "-a", "ü", "a" * 64])
def test_a_name_of_a_sequence(read: Read, slug: str) -> None:
    (problem,) = read(f"sequence: {slug}\nfrom: anna@example.com\n{ONE}")
    assert "can't name a sequence" in problem.what


def test_a_broken_template_is_shown_at_its_own_line(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Subject: Hello\n\nHi {{ contact.first_name\n")
    (problem,) = read(HEAD + ONE)
    assert problem.file.endswith("a.md")
    assert problem.line == 3


def test_a_template_in_another_encoding(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("Subject: Hello\n\nGr\xfc\xdfe\n".encode("latin-1"))
    (problem,) = read(HEAD + ONE)
    assert problem[1:] == (3, 3, "this is not UTF-8", "save the file as UTF-8")


def test_everything_is_said_at_once(read: Read) -> None:
    text = """\
        sequence: Hello
        from: anna
        clas: outreach
        cadence: {gap: -3 business days}
        guard: {}
        steps:
          - id: a
            email: missing.md
            goto: nowhere
          - id: b
            wait: soon
            email: a.md
            thread: c
          - id: c
            email: a.md
            goto: b
          - id: c
            exit: complete
        """
    problems = read(dedent(text))
    assert [problem.line for problem in problems] == [1, 2, 3, 4, 5, 8, 9, 11, 16, 17, 17, 18]


def test_a_slip_is_not_reported_as_three(read: Read) -> None:
    (problem,) = read(HEAD + THREE.replace("a.md", "a.md\n    goto: cc", 1) + "  - exit: done\n")[
        :1
    ]
    assert problem.what == 'there is no step "cc"'


def test_a_problem_prints_as_file_line_and_column(read: Read, tmp_path: Path) -> None:
    (problem,) = read(HEAD + "frm: x\n" + ONE)
    assert str(problem) == f'{tmp_path}/s.yaml:3:1: unknown key "frm"; write "from"'
