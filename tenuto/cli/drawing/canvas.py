"""A picture in SVG: shapes and words, with a ground of its own, and nothing that runs or loads.

What people are called is a stranger's words: ElementTree escapes it, and what XML can't hold at
all is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from unicodedata import category
from xml.etree.ElementTree import Element, SubElement, indent, tostring

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

GROUND, INK, FAINT, RULE = "#ffffff", "#1f2933", "#66727f", "#d9dee4"
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif"
#: The width of a letter, as a part of its height: on the wide side.
_LETTER = 0.58


@dataclass(frozen=True)
class Box:
    """A rectangle that is taken."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Box") -> bool:
        """Whether they overlap."""
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        above = self.y + self.height <= other.y or other.y + other.height <= self.y
        return not (beside or above)


@dataclass
class Canvas:
    """Everything that was drawn so far, the first below."""

    width: float
    height: float
    _shapes: list[Element] = field(default_factory=list)
    _heads: dict[str, str] = field(default_factory=dict)
    _taken: list[Box] = field(default_factory=list)

    def rect(self, box: Box, fill: str, *, hint: str = "", round_: float = 0) -> None:
        """A filled rectangle; `hint` is what a pointer that rests there is told."""
        at = _numbers(x=box.x, y=box.y, width=box.width, height=box.height, rx=round_)
        self._add(Element("rect", at | {"fill": fill}), hint)

    def line(self, a: Point, b: Point, colour: str = RULE, *, dash: str = "") -> None:
        """A thin straight line."""
        at = _numbers(x1=a[0], y1=a[1], x2=b[0], y2=b[1])
        shape = Element("line", at | {"stroke": colour, "stroke-width": "1"})
        if dash:
            shape.set("stroke-dasharray", dash)
        self._add(shape)

    def dot(
        self, at: Point, radius: float, colour: str, *, hint: str, hollow: bool = False
    ) -> None:
        """A dot, or a ring."""
        fill = {"fill": GROUND if hollow else colour, "stroke": colour if hollow else GROUND}
        shape = Element("circle", _numbers(cx=at[0], cy=at[1], r=radius) | fill)
        shape.set("stroke-width", "1.5")
        self.keep_clear(Box(at[0] - radius, at[1] - radius, 2 * radius, 2 * radius))
        self._add(shape, hint)

    def stroke(self, a: Point, b: Point, colour: str, *, hint: str) -> None:
        """A thick line: what is too short for the head of an arrow."""
        at = _numbers(x1=a[0], y1=a[1], x2=b[0], y2=b[1]) | {"stroke": colour}
        self._add(Element("line", at | {"stroke-width": "3.5"}), hint)

    def arrow(self, a: Point, b: Point, bend: Point, colour: str, *, hint: str) -> None:
        """A curve from `a` to `b` that leans to `bend`."""
        head = self._heads.setdefault(colour, f"head{len(self._heads)}")
        way = f"M{_short(a)} Q{_short(bend)} {_short(b)}"
        shape = Element("path", {"d": way, "fill": "none", "stroke": colour})
        shape.attrib |= {"stroke-width": "1.8", "marker-end": f"url(#{head})"}
        self._add(shape, hint)

    def text(
        self,
        at: Point,
        words: str,
        *,
        size: float = 12,
        colour: str = INK,
        anchor: Anchor = "start",
        bold: bool = False,
    ) -> None:
        """Words, with a rim that keeps them legible on anything; `at` is on their base line."""
        look = {"font-size": f"{size:g}", "fill": colour, "text-anchor": anchor}
        look |= {"stroke": GROUND, "stroke-width": "3", "stroke-linejoin": "round"}
        look["paint-order"] = "stroke"
        if bold:
            look["font-weight"] = "600"
        shape = Element("text", _numbers(x=at[0], y=at[1]) | look)
        shape.text = clean(words)
        self._add(shape)

    def label(
        self, at: Point, words: str, *, colour: str, size: float = 10.5, bold: bool = False
    ) -> None:
        """Words as near to `at` as nothing else is."""
        wide = width(words, size)
        for shift in _around(size + 3):
            y = at[1] + shift
            box = Box(at[0], y - size, wide, size + 2)
            if size < y < self.height - size and self.free(box):
                break
        else:
            box = Box(at[0], at[1] - size, wide, size + 2)
        self.keep_clear(box)
        self.text((box.x, box.y + size), words, size=size, colour=colour, bold=bold)

    def free(self, box: Box) -> bool:
        """Whether nothing that must be seen lies there."""
        return not any(box.meets(taken) for taken in self._taken)

    def keep_clear(self, box: Box) -> None:
        """No label is to lie there."""
        self._taken.append(box)

    def document(self, title: str) -> str:
        """The whole as a file."""
        size = _numbers(width=self.width, height=self.height)
        root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg"} | size)
        root.attrib |= {"viewBox": f"0 0 {self.width:g} {self.height:g}", "role": "img"}
        root.set("font-family", _FONT)
        SubElement(root, "title").text = clean(title)
        heads = SubElement(root, "defs")
        for colour, name in self._heads.items():
            heads.append(_head(name, colour))
        SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": GROUND})
        root.extend(self._shapes)
        indent(root)
        return tostring(root, encoding="unicode") + "\n"

    def _add(self, shape: Element, hint: str = "") -> None:
        if hint:
            SubElement(shape, "title").text = clean(hint)
        self._shapes.append(shape)


def width(words: str, size: float) -> float:
    """How wide they come out, roughly."""
    return len(words) * size * _LETTER


def fitted(words: str, size: float, most: float) -> str:
    """The words, cut off where they would be too wide."""
    letters = max(int(most / (size * _LETTER)), 1)
    return words if len(words) <= letters else f"{words[: letters - 1]}…"


def clean(words: str) -> str:
    """Without what XML 1.0 can't hold, and without line breaks."""
    spaced = " ".join(words.split())
    return "".join(c for c in spaced if category(c) not in {"Cc", "Cs"} and c not in "\ufffe\uffff")


def _head(name: str, colour: str) -> Element:
    look = {"id": name, "viewBox": "0 0 10 10", "refX": "9", "refY": "5", "orient": "auto"}
    marker = Element("marker", look | {"markerWidth": "4.5", "markerHeight": "4.5"})
    SubElement(marker, "path", {"d": "M0 0 L10 5 L0 10 z", "fill": colour})
    return marker


def _around(step: float) -> Sequence[float]:
    return [0, *(sign * n * step for n in range(1, 9) for sign in (-1, 1))]


def _numbers(**values: float) -> dict[str, str]:
    return {name: f"{round(value, 1):g}" for name, value in values.items()}


def _short(at: Point) -> str:
    return f"{round(at[0], 1):g} {round(at[1], 1):g}"
