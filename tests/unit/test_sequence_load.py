"""Files that are right, and what they become."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from starter.sequence_file import load
from tenuto.domain.calendar import Clock, Hours, Opening
from tenuto.domain.condition import AnyOf, AttributeExists, AttributeIs, EventHappened, Not
from tenuto.domain.delay import Gap, Weekday
from tenuto.domain.enrollment import Trigger
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.plan import Arm, BranchStep, Edge, EmailStep, ExitStep
from tenuto.domain.sequence import Bundle, Message, Reentry
from tests.factories import bundle

EXAMPLES = Path(__file__).parents[2] / "examples"
HEAD = "sequence: hello\nfrom: Anna@Example.com\n"
DAY = 86_400
NEXT_YEAR = datetime.now(UTC).year + 1
TEAM = f"""\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//team//
BEGIN:VEVENT
UID:1
SUMMARY:Closed
DTSTART;VALUE=DATE:{NEXT_YEAR}1224
END:VEVENT
END:VCALENDAR
"""


def write(folder: Path, text: str, name: str = "s.yaml") -> Path:
    template = (
        "Subject: Hello\n\nHi {{ contact.first_name }}, {{ contact.company | default('you') }}\n"
    )
    (folder / "a.md").write_text(template)
    (folder / name).write_text(text)
    return folder / name


def bundle_of(folder: Path, text: str) -> Bundle:
    return load(write(folder, HEAD + text))


def test_what_is_left_out_is_careful(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, "steps: [{email: a.md}]\n")
    rules = bundle.rules
    assert bundle.slug == "hello"
    assert rules.class_ == "outreach"
    assert rules.triggers == (Trigger.MANUAL, Trigger.IMPORT, Trigger.API)
    assert rules.reenter == Reentry(mode="never")
    assert rules.mailbox == "anna@example.com"
    assert (rules.zone, rules.default_zone) == ("contact", "UTC")
    assert rules.window.days is None
    assert (rules.holidays, rules.closed) == ("contact", ())
    assert rules.window.hours == (Hours(start=540, end=1020),)
    assert (rules.jitter, rules.stale_after) == (1200, None)
    # How often anybody is written to is the installation's to say.
    assert rules.limits == Limits()
    assert (rules.priority, rules.new_per_day, rules.pool) == (50, None, None)
    assert rules.stop_on_reply == "person"
    assert (rules.away_limit, rules.soft_bounce_hold) == (45 * DAY, Gap(business_days=3))
    assert rules.soft_bounce_times == 2
    assert not rules.list_unsubscribe
    assert rules.opt_out_line
    assert bundle.plan.on_unknown == "continue"


def test_nurture_has_other_defaults(tmp_path: Path) -> None:
    rules = bundle_of(tmp_path, "class: nurture\nsteps: [{email: a.md}]\n").rules
    assert rules.list_unsubscribe
    assert rules.opt_out_line is None
    assert rules.stop_on_reply == "enrollment"


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_text(TEAM)
    rules = bundle_of(
        tmp_path,
        """\
entry: {triggers: [api, manual], reenter: after 180d}
calendar:
  {zone: Asia/Tokyo, days: [Mon, friday], hours: ["13:30-24:00", "09:00-11:30"], jitter: 0,
   holidays: de-by, closed: team.ics}
cadence:
  gap: 90s
  max: {7d: 3, 1m: 6}
  per_domain: {1d: 3}
  per_company: 1 business day
  priority: 80
  new_per_day: 4
  stale_after: 10d
goal:
  any:
    - event: meeting_booked
    - {attribute: plan, in: [pro, team]}
    - not: {attribute: phone, exists: false}
when:
  reply: {stop: enrollment}
  out_of_office: {longer_than: 30d}
  soft_bounce: {hold: 1d, times: 3}
  unknown: hold
list_unsubscribe: true
steps: [{email: a.md}]
""",
    ).rules
    assert rules.triggers == (Trigger.MANUAL, Trigger.API)
    assert rules.reenter == Reentry(mode="after", seconds=180 * DAY)
    assert rules.zone == "Asia/Tokyo"
    assert rules.window.days == frozenset({0, 4})
    assert rules.window.hours == (Hours(start=540, end=690), Hours(start=810, end=1440))
    assert (rules.holidays, rules.closed) == ("DE-BY", (date(NEXT_YEAR, 12, 24),))
    assert (rules.jitter, rules.gap, rules.stale_after) == (0, Gap(seconds=90), 10 * DAY)
    assert rules.domain_caps == (Cap(count=3, seconds=DAY),)
    assert rules.company_gap == Gap(business_days=1)
    assert (rules.priority, rules.new_per_day) == (80, 4)
    assert rules.caps == (Cap(count=6, seconds=60), Cap(count=3, seconds=7 * DAY))
    assert rules.goal == AnyOf(
        parts=(
            EventHappened(name="meeting_booked"),
            AttributeIs(name="plan", values=("pro", "team")),
            Not(part=Not(part=AttributeExists(name="phone"))),
        )
    )
    assert (rules.stop_on_reply, rules.away_limit) == ("enrollment", 30 * DAY)
    assert (rules.soft_bounce_hold, rules.soft_bounce_times) == (Gap(seconds=DAY), 3)
    assert (rules.list_unsubscribe, rules.opt_out_line) == (True, None)


def test_an_open_window(tmp_path: Path) -> None:
    text = "calendar: {days: all, hours: always}\nsteps: [{email: a.md}]\n"
    window = bundle_of(tmp_path, text).rules.window
    assert Opening(window, Clock(ZoneInfo("UTC"))).always


def test_a_pool_instead_of_a_mailbox(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Subject: Hello\n\nHi\n")
    text = "sequence: hello\nfrom: {pool: sales, by: owner, sticky: contact}\n"
    rules = load(write(tmp_path, text + "steps: [{email: a.md}]\n")).rules
    assert (rules.mailbox, rules.pool, rules.by_owner) == ("", "sales", True)


def test_waits_in_business_days_and_for_a_day_and_a_time(tmp_path: Path) -> None:
    text = """\
steps:
  - wait: 2 business days
  - {id: one, wait: 3h, email: a.md, at: "9:30"}
  - {id: two, wait: next Tue morning, email: a.md}
"""
    plan = bundle_of(tmp_path, text).plan
    assert plan.start == Edge(to=0, wait=3 * 3600, business_days=2)
    one = plan.steps[0]
    assert isinstance(one, EmailStep)
    assert one.at == 570
    assert one.next == Edge(to=1, on=Weekday(day=1, part="morning"))


def test_what_was_published_before_there_were_business_days_still_loads() -> None:
    old = bundle(gap=90).model_dump(mode="json")
    old["rules"]["gap"] = 90
    for key in ("holidays", "closed", "domain_caps", "company_gap", "priority", "new_per_day",
                "pool", "by_owner"):  # fmt: skip
        del old["rules"][key]
    rules = Bundle.model_validate(old).rules
    assert rules.gap == Gap(seconds=90)
    assert (rules.holidays, rules.pool) == ("none", None)


STEPS = """\
steps:
  - id: hello
    email: a.md
  - wait: 3d
  - id: interest
    wait: 1h
    branch:
      - if: {event: clicked}
        within: 4d
        goto: rest
      - if: {event: left}
        goto: out
      - else: proof
  - id: proof
    email: a.md
    thread: hello
    goto: last
  - id: out
    exit: removed
  - id: rest
    wait: 2d
  - id: last
    wait: 5d
    email: {file: a.md, format: text}
    thread: proof
"""


def test_waits_fold_into_the_ways_and_exits_come_last(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, STEPS)
    clicked = Arm(when=EventHappened(name="clicked"), within=4 * DAY, next=Edge(to=3, wait=7 * DAY))
    assert bundle.plan.start == Edge(to=0)
    assert bundle.plan.steps == (
        EmailStep(id="hello", next=Edge(to=1, wait=3 * DAY + 3600)),
        BranchStep(
            id="interest",
            arms=(clicked, Arm(when=EventHappened(name="left"), next=Edge(to=4))),
            otherwise=Edge(to=2),
        ),
        EmailStep(id="proof", next=Edge(to=3, wait=5 * DAY)),
        EmailStep(id="last", next=Edge(to=5)),
        ExitStep(id="out", status="removed"),
        ExitStep(id="end"),
    )


def test_a_thread_is_named_by_the_step_that_began_it(tmp_path: Path) -> None:
    messages = bundle_of(tmp_path, STEPS).messages
    assert messages == {
        "hello": Message(template="a.md"),
        "proof": Message(template="a.md", thread="hello"),
        "last": Message(template="a.md", thread="hello"),
    }


def test_an_exit_at_the_end_is_the_end(tmp_path: Path) -> None:
    plan = bundle_of(tmp_path, "steps: [{email: a.md}, {wait: 1d}, {exit: goal_met}]\n").plan
    assert plan.steps == (
        EmailStep(id="step-1", next=Edge(to=1, wait=DAY)),
        ExitStep(id="step-3", status="goal_met"),
    )


def test_the_exit_that_is_added_takes_a_free_name(tmp_path: Path) -> None:
    plan = bundle_of(tmp_path, "steps: [{id: end, email: a.md}]\n").plan
    assert [step.id for step in plan.steps] == ["end", "end-2"]


def test_a_first_wait_is_the_way_to_the_start(tmp_path: Path) -> None:
    plan = bundle_of(tmp_path, "steps: [{wait: 1h}, {wait: 2h, email: a.md}]\n").plan
    assert plan.start == Edge(to=0, wait=3 * 3600)


def test_what_the_templates_need_is_known_before_enrolment(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, "steps: [{email: a.md}]\n")
    assert bundle.requires == ("first_name",)
    assert bundle.templates == {"a.md": (tmp_path / "a.md").read_text()}


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    first = bundle_of(tmp_path, "steps: [{email: a.md}]\n")
    same = load(write(tmp_path, f"# a remark\n{HEAD}steps:\n  - email: a.md\n", "other.yaml"))
    assert first.content_hash() == same.content_hash()
    (tmp_path / "a.md").write_text("Subject: Hello\n\nHi {{ contact.first_name }}!\n")
    assert load(tmp_path / "s.yaml").content_hash() != first.content_hash()


def test_it_comes_back_from_json_as_it_was(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, STEPS)
    again = Bundle.model_validate_json(bundle.model_dump_json())
    assert again == bundle
    assert again.content_hash() == bundle.content_hash()


def test_two_sequences_can_name_one_template() -> None:
    first, second = (
        load(EXAMPLES / "demo" / f"{name}.yaml") for name in ("founders", "founders_v2")
    )
    shared = first.templates.keys() & second.templates.keys()
    assert "templates/hello.md" in shared
    assert first.slug == second.slug
    assert first.content_hash() != second.content_hash()


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda path: str(path.name))
def test_every_example_is_in_order(path: Path) -> None:
    bundle = load(path)
    assert bundle.requires == ("first_name",)
    assert sum(isinstance(step, EmailStep) for step in bundle.plan.steps) >= 3
