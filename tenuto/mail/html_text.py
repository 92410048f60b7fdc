"""The text of an HTML part, quotations left out."""

from html.parser import HTMLParser

_UNSEEN = {"script", "style", "title", "blockquote"}
_BREAKS = {"br", "p", "div", "li", "tr", "table", "hr", "h1", "h2", "h3"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Inside, its own kind is counted, so that the right end tag ends it.
        inside = bool(self._unseen) and tag == self._unseen[-1]
        if tag in _UNSEEN or inside or ("class", "gmail_quote") in attrs:
            self._unseen.append(tag)
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and tag == self._unseen[-1]:
            self._unseen.pop()
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)


def text_of(page: str) -> str:
    """The words as a person sees them, one block a line."""
    reader = _Reader()
    try:
        reader.feed(page)
        reader.close()
    except (AssertionError, ValueError):
        # html.parser gives up on some broken declarations; what it read until then is kept.
        pass
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).splitlines())
    return "\n".join(line for line in lines if line)
