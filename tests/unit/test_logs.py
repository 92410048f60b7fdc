"""A log tells where something went wrong, and no secret that was at hand there."""

import io

import structlog

from tenuto.runtime.logs import processors


def test_a_traceback_shows_no_variables() -> None:
    written = io.StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(written), processors=processors())

    def refresh(token: str) -> None:
        raise ValueError(len(token))

    try:
        refresh("s3cret-" + "token")
    except ValueError:
        log.exception("letter_not_made", mailbox="1")
    assert "letter_not_made" in written.getvalue()
    assert "in refresh" in written.getvalue()
    assert "s3cret-token" not in written.getvalue()
