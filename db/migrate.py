"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import connect, disposed


async def upgrade(url: str) -> None:
    """Run every migration that the database lacks. Safe to run at each start."""
    async with disposed(connect(url)) as engine:
        await upgrade_with(engine)


async def upgrade_with(engine: AsyncEngine) -> None:
    """As `upgrade`, on an engine that is there already."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
