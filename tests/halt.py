"""The place where a worker is to die."""

import asyncio


class Halt:
    """Whoever gets there says so, and stays until the worker is dead."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.over = asyncio.Event()

    async def here(self) -> bool:
        """Always False when it returns: what was held back has lost its sender."""
        self.reached.set()
        await self.over.wait()
        return False
