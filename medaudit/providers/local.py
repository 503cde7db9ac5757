"""The demonstration model on this machine: llama.cpp servers inside this process, on loopback.

One copy of the weights a core, each with one slot and one thread: a text then depends on prompt,
parameters and seed alone and not on what else is being asked at the time, and no thread waits for
another where the cores are shared. Each call goes through the same chat endpoint and the same
checks as any other system's.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Self

from medaudit import offline_model
from medaudit.errors import ModelMissing, ProviderFailed
from medaudit.providers.answer import Adapter, Answer, Keep, drop
from medaudit.providers.connection import Endpoint, Local, connection, sent
from medaudit.providers.openai_compatible import OpenAICompatible
from medaudit.records import Message, System

HEALTHY_WITHIN_S = 60.0
HOST = "127.0.0.1"
MOST_COPIES = 8
"""Each takes up to 200 MB; more is for who asks for it by ``connection: {servers: n}``."""


class LocalModel:
    """One precision of the demonstration model, served by one or more copies."""

    def __init__(
        self, system: System, setting: Local, tell: Callable[[str], None] | None = None
    ) -> None:
        self.system = system
        self.setting = setting
        self.concurrency = _copies() if setting.servers is None else setting.servers
        self._tell = tell or _silent
        self._servers: list[Any] = []
        self._free: asyncio.Queue[OpenAICompatible] = asyncio.Queue()
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        weights = await asyncio.to_thread(self._weights)
        key = secrets.token_urlsafe(24)
        self._tell(f"loading {self.system.title}")
        async with AsyncExitStack() as stack:
            # A server stops when nothing names it any more.
            stack.callback(self._servers.clear)
            for _ in range(self.concurrency):
                await asyncio.to_thread(self._start, str(weights.path), key)
            for server in self._servers:
                await self._healthy(server.listening_address)
                endpoint = Endpoint(
                    base_url=f"{server.listening_address}/v1", timeout_s=self.setting.timeout_s
                )
                client = OpenAICompatible(self.system, endpoint, key=key)
                self._free.put_nowait(await stack.enter_async_context(client))
            self._open = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._free = asyncio.Queue()
        await self._open.aclose()

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        client = await self._free.get()
        clock = time.perf_counter()
        try:
            # What a prompt shares with the one before would be reused and change the rounding.
            body = {**sent(parameters), "cache_prompt": False}
            body.pop("precision", None)
            answer = await client.ask(messages, body, seed, keep=keep)
        finally:
            self._free.put_nowait(client)
        return replace(answer, cost_usd=0.0, latency_s=time.perf_counter() - clock)

    def _weights(self) -> offline_model.Weights:
        said: set[str] = set()

        def tell(stage: str, done: int, total: int | None) -> None:
            if stage not in said:
                said.add(stage)
                self._tell(stage)

        precision = self.system.parameters.get("precision")
        if not isinstance(precision, str):
            raise ModelMissing(f"system {self.system.id} names no precision of the offline model")
        return offline_model.weights(precision, expected=self.system.weights_sha256, progress=tell)

    def _start(self, path: str, key: str) -> None:
        try:
            import xllamacpp
        except ImportError as error:
            raise ModelMissing(
                "the offline model needs the packages gguf and xllamacpp; "
                "type: pip install 'medaudit[local]'"
            ) from error
        parameters = xllamacpp.CommonParams()
        parameters.model.path = path
        parameters.model_alias = {self.system.model}
        parameters.hostnames = [HOST]
        parameters.port = 0  # any free one
        parameters.api_keys = [key]
        parameters.n_parallel = 1
        parameters.n_ctx = self.setting.context
        parameters.cpuparams.n_threads = self.setting.threads
        parameters.cpuparams_batch.n_threads = self.setting.threads
        parameters.n_threads_http = 2
        parameters.cache_prompt = False
        parameters.cache_ram_mib = 0
        parameters.ui = False
        parameters.endpoint_slots = False
        parameters.verbosity = -1
        try:
            self._servers.append(xllamacpp.Server(parameters))
        except RuntimeError as error:
            raise ProviderFailed(
                f"{self.system.title} could not be loaded: {error} Delete "
                f"{offline_model.cache()} to fetch and build the weights again"
            ) from error

    async def _healthy(self, address: str) -> None:
        import httpx2

        deadline = time.monotonic() + HEALTHY_WITHIN_S
        async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
            while time.monotonic() < deadline:
                try:
                    reply = await client.get(f"{address}/health")
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if reply.status_code == httpx2.codes.OK:
                    return
                await asyncio.sleep(0.05)
        raise ProviderFailed(
            f"{self.system.title} did not answer within {HEALTHY_WITHIN_S:g} s of being loaded"
        )


def _copies() -> int:
    """One a core that this process may use, at least one and at most eight."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(MOST_COPIES, cores))


def _silent(stage: str) -> None:
    """Tells nobody."""


def _open(system: System, *, tell: Callable[[str], None] | None = None, **_: object) -> LocalModel:
    return LocalModel(system, connection(system, Local), tell)


PROVIDER = Adapter("local", "The demonstration model, run on this machine", _open, local=True)
