"""The text of an HTML part as a person sees it, what it quotes marked as in plain text."""

import re
from collections import Counter
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tenuto.mail.html_element import Element, element_of

_PARAGRAPHS = frozenset(
    {"p", "blockquote", "pre", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4"}
)
_BLOCKS = _PARAGRAPHS | {
    "div",
    "li",
    "tr",
    "dt",
    "dd",
    "hr",
    "section",
    "article",
    "center",
    "form",
}
#: Outlook writes each line as a paragraph, and blank ones of its own between them.
_LINES = frozenset({"MsoNormal", "MsoNoSpacing", "MsoPlainText", "x_MsoNormal", "x_MsoPlainText"})

#: Tags that only an end tag ends; deeper than this, a page is made to cost time.
_NESTING = re.compile(
    r"<(/?)(?!(?:p|li|td|th|tr|tbody|br|img|hr|input|meta|link|col|dt|dd|option|area|wbr)\b)"
    r"([a-z][a-z0-9]{0,12})",
    re.IGNORECASE,
)
_DEEPEST = 500


@dataclass
class _Page:
    lines: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    #: Whether what comes now, in the piece that is being read, is another's.
    quoted: bool = False
    rest_quoted: bool = False

    def end_line(self, *, always: bool = False) -> None:
        text = " ".join("".join(self.pieces).split())
        self.pieces.clear()
        if text or always:
            self._add(text)

    def end_paragraph(self) -> None:
        self.end_line()
        self._add("")

    def _add(self, text: str) -> None:
        mark = "> " if self.quoted or self.rest_quoted else ""
        if text or (self.lines and self.lines[-1].strip("> ")):
            self.lines.append(f"{mark}{text}".rstrip())

    def take(self, text: str, *, preformatted: bool = False) -> None:
        first, *others = text.split("\n") if preformatted else [text]
        self.pieces.append(first)
        for line in others:
            self.end_line(always=True)
            self.pieces.append(line)


def text_of(page: str) -> str:
    """One block a line, quoted ones behind "> "; what isn't shown and signatures are left out.

    The parser is Lexbor's: the standard library's takes a minute for 64 KB of `<a <a <a`.
    """
    root = LexborHTMLParser(_shallow(page.removeprefix("\ufeff"))).root
    read = _Page()
    if root is not None:
        _walk(root, read)
    read.end_line()
    return "\n".join(read.lines).strip("\n")


def _shallow(page: str) -> str:
    """The page up to where it is nested too deep: Lexbor looks at all around each element."""
    opened, depth = Counter[str](), 0
    for tag in _NESTING.finditer(page):
        name = tag[2].lower()
        if not tag[1]:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        if depth > _DEEPEST:
            return page[: tag.start()]
    return page


def _walk(root: LexborNode, read: _Page) -> None:
    """From node to node without recursion: a page may be nested as deep as it is long."""
    node: LexborNode | None = root
    opened: list[tuple[Element, bool]] = []
    while node is not None:
        inside = None
        if node.is_element_node:
            element = element_of(node)
            opened.append((element, read.quoted))
            inside = _enter(node, element, read)
        elif node.is_text_node:
            read.take(
                node.text_content or "", preformatted=bool(opened) and opened[-1][0].tag == "pre"
            )
        elif node.is_document_node:
            inside = node.first_child
        if inside is not None:
            node = inside
            continue
        while node is not None:
            if node.is_element_node:
                element, quoted = opened.pop()
                _leave(element, read)
                read.quoted = quoted
            if node.next is not None:
                node = node.next
                break
            node = node.parent if opened else None


def _enter(node: LexborNode, element: Element, read: _Page) -> LexborNode | None:
    """Begins an element; the first node in it that is to be read."""
    if element.tag == "br":
        read.end_line(always=True)
    elif element.tag in _BLOCKS or element.quote:
        read.end_line()
    elif element.tag in {"td", "th"}:
        read.take(" ")
    read.quoted = read.quoted or element.quote
    read.rest_quoted = read.rest_quoted or element.begins_rest
    return None if element.unseen else node.first_child


def _leave(element: Element, read: _Page) -> None:
    if not _LINES.isdisjoint(element.classes):
        read.end_line(always=bool(read.pieces))
    elif element.tag in _PARAGRAPHS:
        read.end_paragraph()
    elif element.tag in _BLOCKS or element.quote:
        read.end_line()
