"""Settings that can't be right are named, and never quoted."""

from typing import Any

import pytest
from pydantic import ValidationError

from tenuto.domain.errors import InputError
from tenuto.runtime.settings import Settings, load_settings

GOOD = {
    "DATABASE_URL": "postgresql://tenuto:s3cret@db.example:5432/tenuto",
    "TENUTO_TOKEN_KEYS": "0123456789abcdef0123456789abcdef",
}


def made(**changes: Any) -> Settings:
    return Settings(_env_file=None, **GOOD | changes)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgresql://u:p@h:5432/d", "postgresql://u:p@h:5432/d"),
        ("postgres://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p%40ss@h/d", "postgresql://u:p%40ss@h/d"),
        ("postgresql://u@/d?host=/run/postgresql", "postgresql://u@/d?host=%2Frun%2Fpostgresql"),
    ],
)
def test_the_usual_ways_to_write_a_database_are_taken(given: str, kept: str) -> None:
    assert made(DATABASE_URL=given).database_url.get_secret_value() == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tenuto",
        "localhost:5432/tenuto",
        "mysql://u:s3cret@h/d",
        "postgresql+psycopg://u:s3cret@h/d",
        "postgresql://u:s3cret@h:port/d",
        "postgresql://u:s3cret@h:5432",
        "postgresql://u:s3cret@h:5432/",
    ],
)
def test_what_is_no_database_is_told_how_to_write_one(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made(DATABASE_URL=url)
    (error,) = refused.value.errors()
    assert error["loc"] == ("DATABASE_URL",)
    assert "write it like postgresql://user:password@host:5432/database" in error["msg"]


def test_every_variable_that_is_wrong_is_named_and_no_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "mysql://u:s3cret@h/d")
    monkeypatch.setenv("TENUTO_SMTP_DEADLINE", "1234567")
    monkeypatch.delenv("TENUTO_TOKEN_KEYS", raising=False)
    with pytest.raises(InputError) as refused:
        load_settings()
    said = str(refused.value)
    for name in ("DATABASE_URL", "TENUTO_SMTP_DEADLINE", "TENUTO_TOKEN_KEYS"):
        assert name in said
    assert "s3cret" not in said
    assert "1234567" not in said


def test_no_secret_shows_in_a_repr() -> None:
    settings = made(TENUTO_GOOGLE_CLIENT_SECRET="s3cret", SMTP_URL="smtps://u:s3cret@h")
    assert "s3cret" not in f"{settings!r} {settings}"
    assert "s3cret" not in repr(settings.model_dump())
