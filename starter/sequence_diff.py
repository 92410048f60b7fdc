"""What changed between two versions of a sequence."""

from collections.abc import Iterator
from difflib import unified_diff

from starter.sequence_text import rule_lines, step_lines
from tenuto.domain.sequence import Bundle


def diff(old: Bundle, new: Bundle) -> list[str]:
    """Lines of a unified diff: rules, steps, then each template; empty when nothing changed."""
    return [
        *_changed("rules", rule_lines(old.rules), rule_lines(new.rules)),
        *_changed("steps", step_lines(old), step_lines(new)),
        *_templates(old.templates, new.templates),
    ]


def _templates(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        yield from _changed(name, before, after)


def _changed(name: str, before: list[str], after: list[str]) -> list[str]:
    return list(unified_diff(before, after, f"old {name}", f"new {name}", lineterm=""))
