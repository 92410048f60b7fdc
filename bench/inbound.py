"""Labelled mail through parse and classify: what is recognised, and what isn't.

    python -m bench.inbound DIR... [--misses]

Each folder holds messages and `labels.tsv` (file, label, subtype, note), or folders that do. The
last line is one JSON object:

- classes: recall and precision of each; `bounce_hard` and `bounce_soft` are bounces too. Recall of
  replies is over messages with In-Reply-To or References: these count as correlated, as the mails
  of a conversation would be, others as not. What is `unsure` pauses and asks: it is right for no
  class;
- hard_soft_accuracy: hard against soft and block together, over messages whose label says which; a
  bounce that wasn't recognised is wrong;
- replies_kept: the share of labelled replies that isn't called bounce, complaint, auto, ooo or
  unsubscribe;
- messages_per_s: of parse and classify together, by processor time, which a busy machine leaves
  alone;
- confusion: by label, how many were called what;
- left_out: lines of a table that couldn't be used; standard error names them.

`--misses` lists each miss, of class or kind, with the rule that fired.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from bench import labelled_mail
from bench.labelled_mail import FolderError, Labelled
from bench.tally import Judged, result
from tenuto.domain.classify import classify
from tenuto.domain.mail_class import SentMail
from tenuto.mail.parse import parse


def main() -> int:
    """Print the figures; returns the exit code: 3 where lines of a table were left out.

    2 for a folder that isn't one of labelled mail.
    """
    parser = argparse.ArgumentParser(
        prog="python -m bench.inbound", description="Measures how mail that comes in is classified."
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="with a labels.tsv")
    parser.add_argument("--misses", action="store_true", help="list each, with the rule that fired")
    given = parser.parse_args()
    try:
        sets = [labelled_mail.read(folder) for folder in labelled_mail.folders(given.folders)]
    except FolderError as error:
        parser.error(str(error))
    mails = [mail for one in sets for mail in one.mails]
    problems = [problem for one in sets for problem in one.problems]
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)
    began = process_time()
    judged = [_judged(mail) for mail in mails]
    seconds = process_time() - began
    if given.misses:
        for line in _misses(judged):
            print(line)
    rate = round(len(judged) / seconds, 1) if judged else None
    print(json.dumps(result(judged) | {"messages_per_s": rate, "left_out": len(problems)}))
    return 3 if problems else 0


def _judged(mail: Labelled) -> Judged:
    referenced = labelled_mail.referenced(mail.raw)
    arrival = parse(mail.raw, labelled_mail.envelope(mail.raw))
    return Judged(
        mail.path, mail.label, referenced, classify(arrival, SentMail() if referenced else None)
    )


def _misses(judged: list[Judged]) -> Iterator[str]:
    for one in judged:
        told = one.decided.class_.value + (f" {one.decided.kind}" if one.decided.kind else "")
        says_kind = one.label in {"bounce_hard", "bounce_soft"}
        if not one.hit or (says_kind and not one.kind_hit):
            yield f"{one.path}: {one.label}, called {told} by the rule '{one.decided.rule}'"


if __name__ == "__main__":
    sys.exit(main())
