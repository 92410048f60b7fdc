"""Files that are no YAML, or more of it than anybody writes."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from starter.sequence_file import load
from tenuto.domain.problem import Problem, SequenceError

WHOLE = {
    "sequence": "hello",
    "from": "anna@example.com",
    "opt_out_line": "Grüße \N{WAVING HAND SIGN}",
    "steps": [{"id": "a", "email": "a.md"}, {"wait": "3d"}, {"id": "b", "email": "a.md"}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sequence")
    (path / "a.md").write_text("Subject: Hello\n\nHi\n")
    return path


BROKEN = [
    (b"", 1, "must be a mapping"),
    (b"- a\n", 1, "must be a mapping"),
    (b"sequence: a\nsteps:\n\t- email: a.md\n", 3, "a tab can't indent"),
    (b"a: 'x\n", 2, "end of stream"),
    (b"a: b: c\n", 1, "mapping values are not allowed here"),
    (b"a: *b\n", 1, "undefined alias"),
    (b"a: 1\n---\nb: 2\n", 2, "another document"),
    (b"a: " + b"[" * 60_000, 1, "nested too deep"),
    (b"a: &a [*a]\n", 1, "too large"),
    (b"a: \x07\n", 1, "special characters are not allowed"),
    (b"a: b\nc: \xff\n", 2, "this is not UTF-8"),
    (b"a: " + b"x" * 300_000, 1, "larger than 256 KiB"),
]


@pytest.mark.parametrize(("content", "line", "what"), BROKEN)
def test_what_cannot_be_read(folder: Path, content: bytes, line: int, what: str) -> None:
    (folder / "broken.yaml").write_bytes(content)
    with pytest.raises(SequenceError) as caught:
        load(folder / "broken.yaml")
    problem = next(p for p in caught.value.problems if what in p.what)
    assert problem.line == line
    assert problem.instead


def test_an_alias_bomb(folder: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    (folder / "bomb.yaml").write_text("\n".join(lines))
    with pytest.raises(SequenceError, match="too large"):
        load(folder / "bomb.yaml")


def test_a_file_that_is_not_there(folder: Path) -> None:
    (folder / "outreach.yaml").write_text("")
    with pytest.raises(SequenceError, match=r'there is no file .*; write "outreach.yaml"'):
        load(folder / "outreech.yaml")
    with pytest.raises(SequenceError, match="is not a file"):
        load(folder)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_as_well(folder: Path, indent: int | str | None) -> None:
    (folder / "s.json").write_text(json.dumps(WHOLE, indent=indent))
    bundle = load(folder / "s.json")
    assert bundle.rules.opt_out_line == WHOLE["opt_out_line"]
    assert list(bundle.messages) == ["a", "b"]


def test_json_has_lines_too(folder: Path) -> None:
    (folder / "s.json").write_text(json.dumps(WHOLE | {"colour": "red"}, indent="\t"))
    with pytest.raises(SequenceError) as caught:
        load(folder / "s.json")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (18, 2)


def test_yaml_is_1_2(folder: Path) -> None:
    """`on` is a key, `NO` a country, 007 as it is written."""
    text = json.dumps({**WHOLE, "goal": {}}).replace(
        '"goal": {}', '"goal": {attribute: country, in: [NO, 007, 09:30, true]}'
    )
    (folder / "s.yaml").write_text(text)
    goal = load(folder / "s.yaml").rules.goal
    assert goal is not None
    assert goal.model_dump()["values"] == ("NO", "007", "09:30", "true")


WORDS = """
    sequence from class entry triggers reenter calendar zone days hours jitter cadence gap max
    goal event attribute is in exists any all not when reply stop unknown steps id email file
    format thread wait branch if within goto else exit split hello a.md 3d 0s completed always
    business 7d 1 -1 true null contact outreach anna@example.com
"""
words = st.sampled_from(WORDS.split())
values = st.recursive(
    words | st.text(max_size=5) | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=5),
    max_leaves=25,
)
steps = st.lists(st.dictionaries(words, values, max_size=4), max_size=4)
near_misses = st.builds(
    lambda base, extra, listed: {**base, **extra, "steps": listed},
    st.just(WHOLE),
    st.dictionaries(words, values, max_size=5),
    steps,
)


def survives(path: Path, content: bytes) -> None:
    """It is a sequence, or there are problems with a place: never another error."""
    path.write_bytes(content)
    problems: tuple[Problem, ...] | None = None
    try:
        load(path)
    except SequenceError as error:
        problems = error.problems
    assert problems is None or problems
    for problem in problems or ():
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.what
        assert problem.instead


relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(near_misses)
def test_no_structure_breaks_it(folder: Path, document: object) -> None:
    survives(folder / "fuzz.yaml", json.dumps(document).encode())


@relaxed
@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#?, \n\t\\~<=.0\x85\ufeff\u2028"))
def test_no_text_breaks_it(folder: Path, text: str) -> None:
    survives(folder / "fuzz.yaml", text.encode())


@relaxed
@given(st.binary(max_size=200))
def test_no_bytes_break_it(folder: Path, content: bytes) -> None:
    survives(folder / "fuzz.yaml", content)


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    (folder / "s.yaml").write_text(text)
    with pytest.raises(SequenceError) as raised:
        load(folder / "s.yaml")
    return raised.value.problems


@pytest.mark.parametrize(
    ("sender", "what", "instead"),
    [
        ("{by: owner}", '"pool" is missing', "pool: sales"),
        ("{pool: Sales Team}", "can't name a pool", "lower-case"),
        ("{pool: sales, by: luck}", '"by" can\'t be "luck"', "owner, room"),
    ],
)
def test_a_pool_that_is_wrong(folder: Path, sender: str, what: str, instead: str) -> None:
    (problem,) = problems(folder, f"sequence: hello\nfrom: {sender}\nsteps: [{{email: a.md}}]")
    assert problem.line == 2
    assert what in problem.what
    assert instead in problem.instead


def test_a_wait_behind_a_weekday_is_unclear(folder: Path) -> None:
    steps = "steps:\n  - wait: next tuesday\n  - {wait: 1d, email: a.md}\n"
    (problem,) = problems(folder, "sequence: hello\nfrom: anna@example.com\n" + steps)
    assert problem.line == 4
    assert "waits for a day of the week" in problem.what
