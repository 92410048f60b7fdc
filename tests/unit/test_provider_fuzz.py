"""Whatever comes in, a provider reads it or refuses it; nothing else is raised."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenuto.domain.correlate import clues
from tenuto.domain.ids import TokenSigner
from tenuto.inbound.events import facts_of
from tenuto.inbound.providers.event import InboundMail, Provider, RefusedError, TrackingEvent
from tenuto.inbound.providers.postmark import Postmark
from tenuto.inbound.providers.ses import Ses
from tests import postmark_hooks as postmark
from tests import sns_sender as sns

SIGNER = TokenSigner([b"a key of at least 16 bytes"])
POSTMARK = Postmark(postmark.LOGIN)
SES = Ses(frozenset([sns.TOPIC]), sns.Amazon().fetch)
ADDRESSED = sns.mail(("X-Tenuto-Token", "x"), ("Message-ID", "<a@b>"))
SES_SHAPES = [
    sns.bounce(ADDRESSED),
    sns.complaint(ADDRESSED),
    sns.received("Subject: x\r\n\r\nx", "anna@sender.example"),
    {"eventType": "Subscription", "mail": ADDRESSED, "subscription": {"newTopicPreferences": {}}},
]
POSTMARK_SHAPES = [
    postmark.bounce(Content="x"),
    postmark.subscription(),
    postmark.delivery(),
    postmark.inbound("Subject: x\r\n\r\nx"),
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(
        ["Bounce", "Inbound", "Received", "2016-04-27T16:28:50Z", "a@b.example", "BASE64", "\0"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(found for key, one in inner for found in paths(one, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, shapes: list[dict[str, Any]]) -> Any:
    """A documented shape with up to three of its parts replaced by anything, or gone."""
    value = deepcopy(draw(st.sampled_from(shapes)))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([p for p in paths(value) if p]))
        part = value
        for key in way:
            part = part[key]
        if draw(st.booleans()):
            part[last] = draw(ANYTHING)
        elif isinstance(part, dict):
            del part[last]
        if not value:
            break
    return value


async def read(provider: Provider, body: bytes) -> None:
    try:
        found = await provider.news(body, datetime.now(UTC))
    except RefusedError as refused:
        assert refused.status in {403, 422}  # noqa: PT017 - that it is one of these is all there is to say
        return
    for one in found:
        assert isinstance(one, TrackingEvent | InboundMail)
        if isinstance(one, TrackingEvent):
            clues(facts_of(one, "x"), SIGNER)


def slow(test: Any) -> Any:
    return settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))(test)


@slow
@given(hook=mutated(POSTMARK_SHAPES))
async def test_postmark_reads_or_refuses_whatever_its_shapes_become(hook: Any) -> None:
    await read(POSTMARK, json.dumps(hook).encode())


@slow
@given(message=mutated(SES_SHAPES))
async def test_ses_reads_or_refuses_whatever_its_shapes_become(message: Any) -> None:
    await read(SES, sns.notification(json.dumps(message)))


@slow
@given(changes=mutated([json.loads(sns.notification("x")), json.loads(sns.confirmation())]))
async def test_sns_reads_or_refuses_whatever_its_shapes_become(changes: Any) -> None:
    await read(SES, json.dumps(changes).encode())


@pytest.mark.parametrize("provider", [SES, POSTMARK])
@slow
@given(body=st.binary() | ANYTHING.map(lambda value: json.dumps(value).encode()))
async def test_any_bytes_at_all_are_read_or_refused(provider: Provider, body: bytes) -> None:
    await read(provider, body)
