from pathlib import Path

from starter.sequence_diff import diff
from starter.sequence_file import load
from starter.sequence_text import rule_lines, step_lines
from tenuto.domain.delay import Gap

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_same_has_no_difference() -> None:
    bundle = load(EXAMPLES / "outreach.yaml")
    assert diff(bundle, bundle) == []


def test_steps_and_templates_are_compared() -> None:
    old, new = (load(EXAMPLES / "demo" / f"{name}.yaml") for name in ("founders", "founders_v2"))
    lines = diff(old, new)
    assert "--- old steps" in lines
    assert "+numbers: email templates/numbers.md (text)" in lines
    assert "-nudge: email templates/nudge.md (text, thread hello)" in lines
    assert "+++ new templates/numbers.md" in lines
    assert "--- old rules" not in lines
    assert not any(
        "templates/hello.md" in line for line in lines if line.startswith(("--- ", "+++ "))
    )


def test_rules_are_compared_in_the_words_of_the_file() -> None:
    old = load(EXAMPLES / "outreach.yaml")
    new = old.model_copy(
        update={"rules": old.rules.model_copy(update={"gap": Gap(seconds=90), "jitter": 0})}
    )
    changed = [line for line in diff(old, new) if line[0] in "+-" and line[1] not in "+-"]
    assert changed == ["-jitter: 20m", "+jitter: 0s", "-gap: 2 business days", "+gap: 1m 30s"]


def test_a_sequence_in_words() -> None:
    bundle = load(EXAMPLES / "outreach.yaml")
    assert "hours: 09:00-11:30, 13:30-16:30" in rule_lines(bundle.rules)
    assert "days: business" in rule_lines(bundle.rules)
    expected = "  if event case_study_opened within 4d after 1d → story"
    assert expected in step_lines(bundle)
