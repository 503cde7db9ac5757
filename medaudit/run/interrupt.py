"""Stopping a run on a signal: first no new calls; asked again, or after a grace, none at all."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

GRACE_S = 15.0
"""How long the calls in flight may take to end."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether and how urgently the user wants the run to stop."""

    def __init__(self) -> None:
        self._first = asyncio.Event()
        self._second = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether no new call may begin."""
        return self._first.is_set()

    def ask(self) -> None:
        """Stop; asked twice, at once."""
        (self._second if self._first.is_set() else self._first).set()

    def obey(self, at_once: bool | None) -> None:
        """Stop as another process wants it: at once, gently, or (None) not at all."""
        if at_once is not None:
            self._first.set()
        if at_once:
            self._second.set()

    async def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the moment the user wants to stop."""
        if seconds <= 0:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for can swallow a cancellation
                await self._first.wait()

    async def patience(self) -> None:
        """Returns when the calls in flight must be cancelled."""
        await self._first.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await self._second.wait()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Asks on SIGINT and SIGTERM, where this thread can be told of them."""
        loop = asyncio.get_running_loop()
        watched = []
        for number in SIGNALS:
            try:
                loop.add_signal_handler(number, self.ask)
            except (RuntimeError, ValueError):
                continue  # not the main thread, or a system without such signals
            watched.append(number)
        try:
            yield
        finally:
            for number in watched:
                loop.remove_signal_handler(number)
