"""What is printed can't steer a terminal, and what Postgres says is turned into what to do."""

import asyncpg
import pytest

from tenuto.cli import main
from tenuto.cli.app import DOWN
from tenuto.cli.output import show_table

ESCAPE = "\x1b]0;owned\x07\x1b[2J"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (None, ""),
        ("[bold]Ann[/bold]", "[bold]Ann[/bold]"),
        (f"Ann{ESCAPE}", "Ann]0;owned[2J"),
        ("a\rb\x08c\x9bd\u202ee", "abcde"),
        ("Zoë 東京", "Zoë 東京"),
    ],
)
def test_a_cell_is_only_text(cell: object, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_table(["who"], [[cell]])
    assert capsys.readouterr().out.split("\n")[1].rstrip() == shown


@pytest.mark.parametrize(
    ("error", "says", "code"),
    [
        (asyncpg.UndefinedTableError("s3cret"), "tenuto migrate", 1),
        (asyncpg.UndefinedColumnError("s3cret"), "tenuto migrate", 1),
        (asyncpg.InvalidPasswordError("s3cret"), "check DATABASE_URL", DOWN),
        (asyncpg.InvalidCatalogNameError("s3cret"), "check DATABASE_URL", DOWN),
        (asyncpg.AdminShutdownError("s3cret"), "SQLSTATE 57P01", DOWN),
        (asyncpg.InterfaceError("s3cret"), "SQLSTATE none", DOWN),
    ],
)
def test_an_error_of_postgres_says_what_to_do_and_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    says: str,
    code: int,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    monkeypatch.setattr(main, "register", lambda: None)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == code
    said = capsys.readouterr().err
    assert says in said
    assert "s3cret" not in said
