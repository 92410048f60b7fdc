"""A reply's own words: ours beside each library that takes them out of a mail's text.

    python -m bench.reply_text DIR [--misses] [--json]

DIR holds bodies, and what should remain of each in `expected/` under the same name. All are asked
for the same bodies in one run, each in the way that its documentation shows (and a second one
where it has another that might do better). Compared are lines without the blanks at their end, and
texts without the blank lines around them.

- exact: texts that are right; line_precision and line_recall: lines that aren't blank, over all
  texts together; errors: bodies on which it raised, which count as an empty answer.
- best_combined: texts that at least one of the libraries gets right.
- missing: libraries that aren't installed (`make bench-reply` installs them).

`--misses` shows what we get wrong. `--json` leaves out the table and shows the last line only, one
JSON object.
"""

import argparse
import json
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tenuto.mail.reply_text import reply

#: All that mail-parser-reply has; it takes English alone by itself.
_LANGUAGES = ["cs", "da", "de", "en", "es", "fr", "he", "it", "ja", "ko", "nl", "pl", "sv", "zh"]


@dataclass(frozen=True)
class Body:
    """One text, and what should remain of it."""

    name: str
    text: str
    expected: str


@dataclass(frozen=True)
class Score:
    """What somebody's answers are worth."""

    right: frozenset[str]
    line_precision: float
    line_recall: float
    errors: int = 0

    def figures(self) -> dict[str, float]:
        return {
            "exact": len(self.right),
            "line_precision": self.line_precision,
            "line_recall": self.line_recall,
            "errors": self.errors,
        }


def email_reply_parser(text: str) -> str:
    """The port of GitHub's."""
    return str(import_module("email_reply_parser").EmailReplyParser.parse_reply(text))


def mail_parser_reply(text: str) -> str:
    """In all of its languages."""
    parser = import_module("mailparser_reply").EmailReplyParser(languages=_LANGUAGES)
    return str(parser.parse_reply(text) or "")


def quotequail(text: str) -> str:
    """What it would show expanded."""
    shown = import_module("quotequail").quote(text, quote_intro_line=True)
    return "\n".join(part for expanded, part in shown if expanded)


def email_reply_extractor(text: str) -> str:
    """Its first stage."""
    return str(import_module("email_reply_extractor").extract_new_text(text).text)


def email_reply_extractor_cleaned(text: str) -> str:
    """Its second stage, which leaves out salutations and signatures too."""
    library = import_module("email_reply_extractor")
    return str(library.clean_for_scoring(library.extract_new_text(text).text).text)


def talon(text: str) -> str:
    """Mailgun's, quotations only."""
    return str(import_module("talon.quotations").extract_from_plain(text))


def talon_signature(text: str) -> str:
    """Its signatures too, without the trained part, which reads the sender's name."""
    return str(import_module("talon.signature.bruteforce").extract_signature(talon(text))[0])


LIBRARIES: Mapping[str, Callable[[str], str]] = {
    "email-reply-parser": email_reply_parser,
    "mail-parser-reply": mail_parser_reply,
    "quotequail": quotequail,
    "email-reply-extractor": email_reply_extractor,
    "email-reply-extractor, cleaned": email_reply_extractor_cleaned,
    "talon": talon,
    "talon, signatures too": talon_signature,
}


def bodies(folder: Path) -> list[Body]:
    """The bodies of a folder that have an expected answer, by name."""
    return [
        Body(path.name, _read(folder / path.name), _normal(_read(path)))
        for path in sorted((folder / "expected").iterdir())
        if (folder / path.name).is_file()
    ]


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _normal(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r", "").split("\n")).strip()


def score(asked: list[Body], answer: Callable[[str], str]) -> Score:
    """Ask for every body; raises ModuleNotFoundError for a library that isn't there."""
    right, errors, hits, given, wanted = set(), 0, 0, 0, 0
    for body in asked:
        try:
            got = _normal(answer(body.text))
        except ModuleNotFoundError:
            raise
        except Exception:  # noqa: BLE001 - whatever a library stumbles on is its answer
            got, errors = "", errors + 1
        lines, expected = (Counter(filter(None, t.split("\n"))) for t in (got, body.expected))
        hits += (lines & expected).total()
        given, wanted = given + lines.total(), wanted + expected.total()
        if got == body.expected:
            right.add(body.name)
    return Score(
        frozenset(right), round(hits / max(given, 1), 4), round(hits / max(wanted, 1), 4), errors
    )


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.reply_text", description="Measures what is taken out of replies."
    )
    parser.add_argument("folder", type=Path, help="bodies, and `expected/` with the same names")
    parser.add_argument("--misses", action="store_true", help="show what we get wrong")
    parser.add_argument("--json", action="store_true", help="the last line alone")
    given = parser.parse_args()
    if not (given.folder / "expected").is_dir():
        parser.error(f"{given.folder} has no folder `expected`: name one that holds bodies and it")
    asked = bodies(given.folder)
    # A library's remarks are no part of the figures.
    logging.disable()
    warnings.simplefilter("ignore")
    ours, missing, scores = score(asked, reply), [], {}
    for name, answer in LIBRARIES.items():
        try:
            scores[name] = score(asked, answer)
        except ModuleNotFoundError:
            missing.append(name)
    if given.misses:
        _show_misses(asked, ours)
    if not given.json:
        _show({"ours": ours, **scores}, missing)
    combined = frozenset[str]().union(*(each.right for each in scores.values()))
    counts = {
        "files": len(asked),
        "ours": ours.figures(),
        "libraries": {name: each.figures() for name, each in scores.items()},
        "best_combined": len(combined),
        "missing": missing,
    }
    print(json.dumps(counts))
    return 0


def _show(scores: Mapping[str, Score], missing: list[str]) -> None:
    print(f"{'':<32}{'exact':>6}{'precision':>11}{'recall':>8}{'errors':>8}")
    for name, each in scores.items():
        print(
            f"{name:<32}{len(each.right):>6}{each.line_precision:>11.3f}{each.line_recall:>8.3f}"
            f"{each.errors:>8}"
        )
    for name in missing:
        print(f"{name:<32}  not installed: make bench-reply installs it")


def _show_misses(asked: list[Body], ours: Score) -> None:
    for body in asked:
        if body.name not in ours.right:
            print(f"=== {body.name}\n{_normal(reply(body.text))}\n--- expected\n{body.expected}\n")


if __name__ == "__main__":
    sys.exit(main())
