"""Reading the keys of a section one by one. What is wrong is noted, and a default goes on."""

from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import TypeVar

from starter.sequence_yaml import Listing, Node, Scalar, Section
from tenuto.domain.duration import DurationError, describe, parse_duration
from tenuto.domain.problem import Place, Problem

Word = TypeVar("Word", bound=str)
Time = TypeVar("Time")


def quoted(text: str, most: int = 40) -> str:
    """What somebody wrote, for a message: on one line, and short."""
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= most else f'"{line[: most - 1]}…"'


def nearest(wrong: str, words: Collection[str]) -> str | None:
    """The word that was meant, if one is near."""
    return next(iter(get_close_matches(wrong.lower(), words, n=1, cutoff=0.7)), None)


def alternatives(words: Collection[str], wrong: str | None = None) -> str:
    """What to write: the nearest of the words, else all."""
    near = nearest(wrong or "", words)
    return f'write "{near}"' if near else f"write one of: {', '.join(words)}"


class Fields:
    """One section of a sequence file."""

    def __init__(
        self, node: Node, problems: list[Problem], hint: str, later: Collection[str] = ()
    ) -> None:
        """Take `hint`, an example of the whole section, and the keys of later releases."""
        self.problems = problems
        self.at = node.at
        self._later = later
        self._asked: dict[str, None] = {}
        self._section = node if isinstance(node, Section) else Section({}, {}, node.at)
        if not isinstance(node, Section):
            self.note(node.at, "this must be a mapping of keys to values", f"write it like {hint}")

    def __contains__(self, key: str) -> bool:
        return key in self._section.entries

    def knows(self, *keys: str) -> None:
        """These keys may stand here, whether or not they are read."""
        self._asked.update(dict.fromkeys(keys))

    def note(self, at: Place, what: str, instead: str) -> None:
        self.problems.append(Problem(*at, what, instead))

    def node(self, key: str) -> Node | None:
        """The value under the key; None when the key isn't there."""
        self._asked[key] = None
        return self._section.entries.get(key)

    def place(self, key: str) -> Place:
        """Where the key stands, else where the section begins."""
        return self._section.keys.get(key, self.at)

    def text(self, key: str, instead: str, *, required: bool = False) -> Scalar | None:
        """A value that isn't empty; None when it isn't there or isn't one."""
        node = self.node(key)
        if node is None:
            if required:
                self.note(self.at, f'"{key}" is missing', instead)
            return None
        return plain(node, f'"{key}"', instead, self.problems)

    def choice(self, key: str, words: tuple[Word, ...], default: Word) -> Word:
        """One of the words."""
        value = self.text(key, alternatives(words))
        if value is None:
            return default
        for word in words:
            if word == value.text:
                return word
        what = f'"{key}" can\'t be {quoted(value.text)}'
        self.note(value.at, what, alternatives(words, value.text))
        return default

    def truth(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self.text(key, "write true or false")
        if value is None:
            return default
        if value.text not in {"true", "false"}:
            self.note(value.at, f'"{key}" can\'t be {quoted(value.text)}', "write true or false")
        return value.text == "true"

    def seconds(self, key: str, example: str, *, least: int = 1) -> int | None:
        """A duration of at least so many seconds; None when it isn't there or isn't one."""
        value = self.text(key, f"write a duration such as {example}")
        return None if value is None else seconds(value, f'"{key}"', self.problems, least)

    def count(self, key: str, default: int) -> int:
        """A whole number from 1 on."""
        value = self.text(key, f"write a whole number such as {default}")
        return default if value is None else count(value, f'"{key}"', self.problems, default)

    def section(self, key: str, hint: str, later: Collection[str] = ()) -> "Fields":
        """The mapping under the key; an empty one when it isn't there."""
        node = self.node(key)
        empty = Section({}, {}, self.place(key))
        return Fields(empty if node is None else node, self.problems, hint, later)

    def finish(self) -> int:
        """Note every key that nobody asked for; how many there were."""
        strange = [key for key in self._section.keys if key not in self._asked]
        for key in strange:
            at = self._section.keys[key]
            if key in self._later:
                self.note(at, f'"{key}" comes in a later release', "remove it")
            else:
                near = nearest(key, self._asked)
                known = f"remove it; known here: {', '.join(self._asked)}"
                instead = f'write "{near}"' if near else known
                self.note(at, f"unknown key {quoted(key)}", instead)
        return len(strange)


def plain(node: Node, what: str, instead: str, problems: list[Problem]) -> Scalar | None:
    """A single value that isn't empty."""
    if isinstance(node, Scalar) and node.text.strip():
        return node
    wrong = "is empty" if isinstance(node, Scalar) else "must be a single value"
    problems.append(Problem(*node.at, f"{what} {wrong}", instead))
    return None


def items(node: Node, what: str, instead: str, problems: list[Problem]) -> tuple[Node, ...]:
    """The items of a list that isn't empty."""
    if isinstance(node, Listing) and node.items:
        return node.items
    wrong = "is empty" if isinstance(node, Listing) else "must be a list"
    problems.append(Problem(*node.at, f"{what} {wrong}", instead))
    return ()


def read_time(
    value: Scalar, what: str, problems: list[Problem], parse: Callable[[str], Time]
) -> Time | None:
    """A length of time, by one of the domain's parsers."""
    try:
        return parse(value.text)
    except DurationError as error:
        problems.append(Problem(*value.at, f"{what}: {error.what}", error.instead))
        return None


def seconds(value: Scalar, what: str, problems: list[Problem], least: int = 1) -> int | None:
    """A duration of at least so many seconds."""
    found = read_time(value, what, problems, parse_duration)
    if found is None:
        return None
    if found < least:
        instead = f"write at least {describe(least)}, or remove it"
        problems.append(Problem(*value.at, f"{what} is too short", instead))
        return None
    return found


def count(value: Scalar, what: str, problems: list[Problem], default: int = 1) -> int:
    """A whole number from 1 on."""
    text = value.text
    if text.isascii() and text.isdigit() and len(text) <= 6 and int(text):  # noqa: PLR2004 - a million is plenty
        return int(text)
    instead = "write a whole number from 1 to 999999"
    problems.append(Problem(*value.at, f"{what} can't be {quoted(text)}", instead))
    return default
