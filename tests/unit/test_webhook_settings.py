"""A provider is heard when its variable is there, and a wrong one is named at the start."""

import pytest

from tenuto.domain.errors import InputError
from tenuto.inbound.webhooks import configured
from tenuto.runtime.settings import load_settings
from tests.postmark_hooks import LOGIN
from tests.sns_sender import TOPIC


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> pytest.MonkeyPatch:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1/x")
    monkeypatch.setenv("TENUTO_TOKEN_KEYS", "a key of at least 16 bytes")
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_without_a_variable_nobody_is_heard() -> None:
    assert configured(load_settings().webhooks) == {}


def test_each_variable_is_a_provider(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TENUTO_WEBHOOKS__SES", f"{TOPIC}, {TOPIC}2")
    environment.setenv("TENUTO_WEBHOOKS__POSTMARK", LOGIN)
    found = load_settings().webhooks
    assert sorted(configured(found)) == ["postmark", "ses"]
    assert "password" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SENDMAIL", "x", "TENUTO_WEBHOOKS__SENDMAIL: no such provider; there are POSTMARK, SES"),
        ("SES", "my topic", "TENUTO_WEBHOOKS__SES: write the ARNs"),
        ("POSTMARK", "hush", "TENUTO_WEBHOOKS__POSTMARK: write user:password"),
    ],
)
def test_a_wrong_one_is_named_without_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    environment.setenv(f"TENUTO_WEBHOOKS__{name}", value)
    with pytest.raises(InputError, match=says) as wrong:
        configured(load_settings().webhooks)
    assert "hush" not in str(wrong.value)


def test_all_in_one_variable_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TENUTO_WEBHOOKS", "ses:hush")
    with pytest.raises(InputError, match="TENUTO_WEBHOOKS__SES=") as wrong:
        load_settings()
    assert "hush" not in str(wrong.value)
