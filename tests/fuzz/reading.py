"""Reads one mail as the inbound doors do, and tells what went wrong."""

import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import FrameType

from tenuto.domain.arrival import Arrival, Envelope
from tenuto.domain.classify import classify
from tenuto.domain.mail_class import SentMail
from tenuto.domain.reply_says import says
from tenuto.mail import mime, parse

#: Processor time, which a busy machine leaves nearly alone; an ordinary mail takes milliseconds.
SECONDS_MAX = 2.0
#: More than the process held before its first mail.
BYTES_MAX = 200 * 1024 * 1024
_HANGS_AFTER = 10.0
_RECEIVED = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
_ABOUT = SentMail("Hello Pat", "pat@firm.example")


class Hangs(BaseException):
    """It isn't an `Exception`: none of what is tested may swallow it."""


@dataclass(frozen=True)
class Reading:
    """What reading one mail came to."""

    #: Of processor time.
    seconds: float
    #: What the process holds at most, by now.
    peak: int
    #: The exception, if there was one.
    error: str = ""


def read(mail: bytes, number: int) -> Reading:
    """Through the parser's inside: the outside swallows what it stumbles on."""
    sender = ("", "pat@firm.example")[number % 2]
    envelope = Envelope(sender, ("anna@sender.example",), _RECEIVED)
    began, error = time.process_time(), ""
    try:
        with _limited():
            arrival = parse._facts(mail, envelope)
            for about in (None, _ABOUT):
                for to_unsubscribe in (False, True):
                    classify(arrival, about, to_unsubscribe=to_unsubscribe)
            says(arrival.text)
            _check(arrival)
    except Hangs:
        # It is told by its time.
        pass
    except Exception as raised:  # noqa: BLE001 - the point of it
        error = f"{type(raised).__name__} in {_place(raised)}: {raised}"
    return Reading(time.process_time() - began, peak_memory(), error)


def peak_memory() -> int:
    """In bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def _limited() -> Iterator[None]:
    def end(_signal: int, _frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS_AFTER)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _check(arrival: Arrival) -> None:
    """What is read can be stored, and is capped."""
    for each in fields(arrival):
        for text in _texts(getattr(arrival, each.name)):
            if "\0" in text:
                raise ValueError(f"{each.name} holds a NUL")
            text.encode()
    for text in (arrival.text, arrival.whole_text):
        if len(text) > mime.TEXT_MAX:
            raise ValueError("the text is too long")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts((*value.keys(), *value.values()))
    elif hasattr(value, "__dataclass_fields__"):
        yield from _texts(tuple(vars(value).values()))


def _place(raised: BaseException) -> str:
    at = raised.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "?" if at is None else f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}"
