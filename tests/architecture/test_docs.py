"""What the pages say can be done: sequences load, payloads are signals, commands are there."""

import ast
import json
import re
import shutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from starter.sequence_file import load
from tenuto.cli.app import app
from tenuto.cli.main import register
from tenuto.domain.classify import RULES
from tenuto.domain.notice import MODELS, Signal
from tenuto.mail.template import parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: What a fragment of a sequence lacks.
HEAD = "sequence: hello\nfrom: anna@example.com\n"
STEPS = "steps: [{email: templates/hello.md}]\n"


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("sequences.md", "yaml"))
def test_a_sequence_on_the_page_is_one(block: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "templates", tmp_path / "templates")
    shutil.copy(ROOT / "examples" / "team.ics", tmp_path)
    head = HEAD if not block.startswith("from:") else HEAD.splitlines(keepends=True)[0]
    whole = block if block.startswith("sequence:") else head + block
    whole += "" if "steps:" in block else STEPS
    (tmp_path / "page.yaml").write_text(whole)
    assert load(tmp_path / "page.yaml").messages


def test_the_example_and_the_message_on_the_page_are_sound() -> None:
    assert load(ROOT / "examples" / "outreach.yaml").slug == "founders-outreach"
    (message,) = blocks("sequences.md", "jinja")
    assert parse("message.md", message).html is not None


def test_the_rules_on_the_page_are_those_of_the_table() -> None:
    text = (ROOT / "docs" / "inbound.md").read_text()
    rows = re.findall(r"^[0-9]+\. (`.*?): ", text, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(.+?)`", row)]
    assert named == [rule.name for rule in RULES]


def payloads() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "services.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (?:`(\{.*?\})`|none) \|", text, re.MULTILINE)
    commands = re.findall(r"--name (\w+)(?: --input '(.*)')?$", text, re.MULTILINE)
    return [*rows, *commands]


def test_every_signal_is_on_the_page_with_a_payload_that_it_takes() -> None:
    assert {name for name, _ in payloads()} == {signal.value for signal in Signal}
    for name, written in payloads():
        model, given = MODELS[Signal(name)], json.loads(written or "{}")
        assert given.keys() <= model.model_fields.keys() - {"standing"}, name
        model.model_validate_json(written or "{}")


@pytest.mark.parametrize("block", blocks("services.md", "python"))
def test_what_a_service_imports_is_there(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert [a.name for a in node.names if not is_there(node.module, a.name)] == []


def is_there(module: str, name: str) -> bool:
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None


def test_every_command_on_the_pages_is_there_with_its_options() -> None:
    register()
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    lines = [line for page in PAGES for line in re.findall(r"\btenuto (.*)", page.read_text())]
    typed = [line for line in lines if re.match(r"[a-z-]+( |$)", line)]
    assert len(typed) > 30
    for line in typed:
        assert faults(root, line.split("`")[0].split()) == [], line


def faults(group: TyperGroup, words: list[str]) -> list[str]:
    command = group.commands.get(words[0])
    if command is None:
        return [f"no command {words[0]}"]
    if isinstance(command, TyperGroup):
        return faults(command, words[1:]) if words[1:] else []
    known = {option for parameter in command.params for option in parameter.opts}
    return [word for word in words if word.startswith("--") and word not in known]


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
