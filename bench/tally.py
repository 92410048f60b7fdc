"""What was right and what was wrong, counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tenuto.domain.bounce_kind import Kind
from tenuto.domain.mail_class import Class, Classified

#: What a label asks for. An unsure mail pauses and asks, so it is right for none.
CLASSES = {
    "bounce": Class.BOUNCE,
    "bounce_hard": Class.BOUNCE,
    "bounce_soft": Class.BOUNCE,
    "delayed": Class.DELAYED,
    "complaint": Class.COMPLAINT,
    "unsubscribe": Class.UNSUBSCRIBE,
    "ooo": Class.OUT_OF_OFFICE,
    "auto": Class.AUTO,
    "reply": Class.REPLY,
    "other": Class.OTHER,
}
#: The classes' names in the result are those of the labels.
_SHORT = {Class.OUT_OF_OFFICE: "ooo"}
#: A person's answer that is called one of these is lost.
_LOSES_A_REPLY = {
    Class.BOUNCE, Class.COMPLAINT, Class.AUTO, Class.OUT_OF_OFFICE, Class.UNSUBSCRIBE,
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One message: what it is, and what it was taken for."""

    path: Path
    label: str
    #: In-Reply-To or References: in service such a mail would be correlated.
    referenced: bool
    decided: Classified

    @property
    def hit(self) -> bool:
        """Whether the class is right."""
        return self.decided.class_ is CLASSES[self.label]

    @property
    def kind_hit(self) -> bool:
        """Whether the kind is, of a message whose label says it; a missed bounce has none."""
        return (self.decided.kind is Kind.HARD) == (self.label == "bounce_hard") and self.hit


def result(judged: Iterable[Judged]) -> dict[str, object]:
    """The figures, without the time; shares to four places, None where nothing is to be shared."""
    all_ = list(judged)
    kinds = [one for one in all_ if one.label in {"bounce_hard", "bounce_soft"}]
    replies = [one for one in all_ if one.label == "reply"]
    kept = [one for one in replies if one.decided.class_ not in _LOSES_A_REPLY]
    return {
        "messages": len(all_),
        "classes": {_named(class_): _class(all_, class_) for class_ in CLASSES.values()},
        "hard_soft_accuracy": _share(sum(one.kind_hit for one in kinds), len(kinds)),
        "hard_soft_judged": len(kinds),
        "replies_kept": _share(len(kept), len(replies)),
        "confusion": _confusion(all_),
    }


def _class(all_: Iterable[Judged], class_: Class) -> Mapping[str, object]:
    is_it = [one for one in all_ if CLASSES[one.label] is class_]
    if class_ is Class.REPLY:
        is_it = [one for one in is_it if one.referenced]
    called = [one for one in all_ if one.decided.class_ is class_]
    return {
        "recall": _share(sum(one.hit for one in is_it), len(is_it)),
        "precision": _share(sum(one.hit for one in called), len(called)),
        "labelled": len(is_it),
        "called": len(called),
    }


def _confusion(all_: Iterable[Judged]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for one in all_:
        counts.setdefault(one.label, Counter())[_named(one.decided.class_)] += 1
    return {label: dict(counts[label].most_common()) for label in CLASSES if label in counts}


def _named(class_: Class) -> str:
    return _SHORT.get(class_, class_.value)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
