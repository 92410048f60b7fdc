"""The starter that a command works with."""

from starter.enroll import Starter
from tenuto.cli.app import errors
from tenuto.cli.session import Session
from tenuto.domain.errors import DependencyError


async def starter_of(session: Session) -> Starter:
    """With Temporal if it answers; rows are written either way, and a stop can't wait for it."""
    try:
        return Starter(session.engine, await session.steering())
    except DependencyError as error:
        text = f"{error}. What is written stands: the reconciler starts and tells workflows later."
        errors.print(text, markup=False)
        return Starter(session.engine, None)
