"""`tenuto send-test`: one mail to oneself, and nothing written."""

import pytest

from tenuto.devstack.catcher import MailCatcher
from tenuto.domain.errors import TenutoError
from tests.command import refused, run, without_temporal
from tests.factories import Stage, bundle

ME = "me@firm.example"


@pytest.fixture
async def published(
    stage: Stage, catcher: MailCatcher, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    without_temporal(database_url, monkeypatch)
    monkeypatch.setenv("SMTP_URL", catcher.url)
    await stage.publish(bundle())
    return stage


async def test_it_comes_by_the_real_server_and_nothing_is_written(
    published: Stage, catcher: MailCatcher
) -> None:
    await run("send-test", "welcome", "mail-1", "--to", ME, "--set", "first_name=Ann")
    [mail] = await catcher.wait_for(1)
    assert list(mail.recipients) == [ME]
    assert mail.subject == "Hello Ann"
    assert await published.all("SELECT 1 FROM sends") == []


@pytest.mark.usefixtures("published")
async def test_an_attribute_that_is_not_given_shows_its_name(catcher: MailCatcher) -> None:
    await run("send-test", "welcome", "mail-0", "--to", ME)
    [mail] = await catcher.wait_for(1)
    assert mail.subject == "Hello [first_name]"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["welcome", "nope", "--to", ME], "it has mail-0, mail-1"),
        (["nope", "mail-0", "--to", ME], "no sequence nope is published"),
        (["welcome", "mail-0", "--to", ME, "--set", "x"], "write it like first_name=Ann"),
        (["welcome", "mail-0", "--to", "no address"], "address"),
    ],
)
async def test_a_mistake_is_a_sentence(published: Stage, words: list[str], says: str) -> None:
    assert says in await refused(TenutoError, "send-test", *words)
    assert await published.all("SELECT 1 FROM sends") == []
