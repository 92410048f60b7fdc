"""A sequence file as a tree of values that know their place.

YAML 1.2, of which JSON is a part. The composer, not the constructor: nothing is ever built from
the file but text, and a number keeps the way that it was written.
"""

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tenuto.domain.problem import Place, Problem, SequenceError

_DEEPEST = 30
#: Values in one file, aliases written out: an alias bomb grows beyond any file.
_MOST = 10_000


@dataclass(frozen=True)
class Scalar:
    """One value, as it was written; empty where nothing was."""

    text: str
    at: Place


@dataclass(frozen=True)
class Listing:
    """A list."""

    items: tuple["Node", ...]
    at: Place


@dataclass(frozen=True)
class Section:
    """A mapping. The first of two equal keys counts."""

    entries: dict[str, "Node"]
    #: Where each key stands.
    keys: dict[str, Place]
    at: Place


Node = Scalar | Listing | Section


def parse(text: str, file: str, problems: list[Problem]) -> Node:
    """Read the text of one file; notes duplicate keys among the problems.

    :raises SequenceError: where it is no YAML at all, too deep, or too large.
    """
    if file.endswith(".json"):
        # A tab between JSON's tokens is a space; inside its strings it can't stand.
        text = text.replace("\t", " ")
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = _DEEPEST
    try:
        root = yaml.compose(text)
    except (YAMLError, NotImplementedError, ValueError) as error:
        raise SequenceError([*problems, _syntax(error, file)]) from None
    return _Tree(file, problems).node(root)


def _syntax(error: Exception, file: str) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    said = error.problem if isinstance(error, MarkedYAMLError) and error.problem else str(error)
    what, instead = said.strip().splitlines()[0], "correct the YAML there, or just above"
    if "'\\t'" in what:
        what, instead = "a tab can't indent in YAML", "write spaces"
    if "maximum depth" in what.lower():
        what, instead = "this is nested too deep", f"nest at most {_DEEPEST} levels"
    return Problem(*place, what, instead)


class _Tree:
    """Turns the composer's nodes into ours."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._count = 0

    def node(self, node: Any, depth: int = 0) -> Node:  # noqa: ANN401 - ruamel's types say no more
        if node is None:
            return Scalar("", Place(self._file, 1, 1))
        place = Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)
        self._count += 1
        # An alias to what holds it has no end: the composer's own limit doesn't see it.
        if depth > _DEEPEST or self._count > _MOST:
            instead = f"keep it under {_MOST} values and {_DEEPEST} levels, aliases written out"
            raise SequenceError([*self._problems, Problem(*place, "this is too large", instead)])
        if node.id == "mapping":
            return self._section(node, place, depth)
        if node.id == "sequence":
            return Listing(tuple(self.node(item, depth + 1) for item in node.value), place)
        return self._scalar(node, place)

    def _section(self, node: Any, place: Place, depth: int) -> Section:  # noqa: ANN401 - as above
        section = Section({}, {}, place)
        for written, value in node.value:
            key = self.node(written, depth + 1)
            if not isinstance(key, Scalar) or not key.text.strip():
                self._note(key.at, "a key must be a word", "write a name before the colon")
            elif key.text in section.keys:
                first = section.keys[key.text].line
                what = f'the key "{key.text}" is already there in line {first}'
                self._note(key.at, what, "remove one of the two")
            else:
                section.keys[key.text] = key.at
                child = self.node(value, depth + 1)
                # Nothing stands where the next thing does: show the key instead.
                section.entries[key.text] = Scalar("", key.at) if _empty(child) else child
        return section

    def _scalar(self, node: Any, place: Place) -> Scalar:  # noqa: ANN401 - as above
        if node.tag == "tag:yaml.org,2002:null":
            return Scalar("", place)
        try:
            # JSON writes a character beyond 16 bits as two halves.
            text = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            self._note(place, "this holds a character that no text has", "write it without")
        return Scalar(text, place)

    def _note(self, at: Place, what: str, instead: str) -> None:
        self._problems.append(Problem(*at, what, instead))


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text
