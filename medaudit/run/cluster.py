"""Calls made by the workers of a Ray cluster. The runner keeps everything else.

Plan, pace, budget, retries and shards stay with the one process that carries the run out: it
admits every call, and puts down what a worker sends back. A worker holds a system open and
answers, so the limits hold for all workers together, and a worker that is killed takes nothing
along but the calls that it was making: those are in doubt, and are made again.

A key is read by each worker from its own environment. It is never sent.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import medaudit
from medaudit import providers
from medaudit.errors import MedauditError, ProviderFailed
from medaudit.providers import Answer, Body, Images, Keep, Provider
from medaudit.providers.answer import drop
from medaudit.records import Message, System
from medaudit.run.asking import asked

MOST_WORKERS = 16
"""Where nobody says how many."""
OPENING_S = 900.0
"""For a worker to find its place in the cluster and to open the system: a model may load."""
CLOSING_S = 20.0
STORE_BYTES = 100_000_000
"""Shared memory of a cluster that is started here. Long prompts and answers pass through it."""
HERE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # the one switch that keeps its ports on loopback
    "RAY_AUTH_MODE": "token",
}
"""Environment of a cluster that is started here."""


class Worker:
    """A process of the cluster that holds one system open."""

    def __init__(self, system: System, runs: Path, images: Images, version: str) -> None:
        self.system, self.runs, self.images, self.version = system, runs, images, version
        self._provider: Provider

    async def open(self) -> tuple[int, str]:
        """How many calls at a time suit it; or why it cannot make any."""
        if medaudit.__version__ != self.version:
            return 0, f"a worker has medaudit {medaudit.__version__}, the runner {self.version}"
        folder = self.images.folder
        if self.images.hashes and (folder is None or not folder.is_dir()):
            return 0, f"a worker cannot read the run's images: share {folder} with every node"
        try:
            provider = providers.open(self.system, runs=self.runs, images=self.images)
            self._provider = await provider.__aenter__()
        except MedauditError as error:
            return 0, str(error)
        return self._provider.concurrency, ""

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        key: tuple[str, int] | None,
    ) -> tuple[list[Body], Answer]:
        """One call: what came back over the wire, and how it reads."""
        bodies: list[Body] = []
        answer = await asked(self._provider, messages, parameters, seed, key, bodies.append)
        return bodies, answer

    async def close(self) -> None:
        """Let go of the system."""
        await self._provider.__aexit__(None, None, None)


@dataclass
class _Place:
    """Where a worker stands, and the next one when it is lost."""

    actor: Any = None
    in_flight: int = 0
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)


class Remote:
    """A provider whose calls are made by workers."""

    def __init__(self, ray: Any, system: System, runs: Path, images: Images, n: int) -> None:
        self.ray, self.system, self.concurrency = ray, system, n
        what = (system, runs, images, medaudit.__version__)
        # Ray must make no call of its own accord a second time: it could be paid for twice.
        kind = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Worker)
        self._new: Callable[[], Any] = lambda: kind.remote(*what)
        self._places = [_Place() for _ in range(n)]

    async def __aenter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._kill)
            widths = await asyncio.gather(*(self._begin(place) for place in self._places))
            stack.pop_all()
        self.concurrency = sum(widths)
        return self

    async def __aexit__(self, *exc: object) -> None:
        actors = [place.actor for place in self._places if place.actor is not None]
        try:
            async with asyncio.timeout(CLOSING_S):
                closing = (actor.close.remote() for actor in actors)
                await asyncio.gather(*closing, return_exceptions=True)
        except TimeoutError:
            pass  # a call that nobody waits for any more may hold it
        finally:
            self._kill()

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        place = min(self._places, key=lambda place: place.in_flight)
        place.in_flight += 1
        try:
            async with place.opening:
                if place.actor is None:
                    await self._begin(place)
            actor = place.actor
            call = actor.ask.remote(messages, parameters, seed, key)
            try:
                bodies, answer = await call
            except asyncio.CancelledError:
                self.ray.cancel(call)
                raise
            except self.ray.exceptions.RayError as error:
                if isinstance(error, self.ray.exceptions.RayActorError) and place.actor is actor:
                    self.ray.kill(actor)
                    place.actor = None
                return Answer("in_doubt", detail=f"the worker was lost: {_first_line(error)}")
        except ProviderFailed as error:
            return Answer("connection", detail=str(error))
        finally:
            place.in_flight -= 1
        for body in bodies:
            keep(body)
        found: Answer = answer
        return found

    async def _begin(self, place: _Place) -> int:
        """Put a worker in a place; how many calls at a time suit it. Raises ``ProviderFailed``."""
        actor = self._new()
        try:
            async with asyncio.timeout(OPENING_S):
                width, fault = await actor.open.remote()
        except TimeoutError:
            width, fault = 0, f"no worker was ready within {OPENING_S:g} s: are its CPUs free?"
        except self.ray.exceptions.RayError as error:
            needs = f"every node of the cluster needs medaudit {medaudit.__version__}"
            width, fault = 0, f"a worker could not begin ({_first_line(error)}); {needs}"
        if fault:
            self.ray.kill(actor)
            raise ProviderFailed(fault)
        place.actor = actor
        return int(width)

    def _kill(self) -> None:
        for place in self._places:
            if place.actor is not None:
                self.ray.kill(place.actor)
                place.actor = None


@contextmanager
def calling(
    address: str | None, workers: int | None, runs: Path, images: Images
) -> Iterator[Callable[[System], Provider]]:
    """What opens a system on the workers of the cluster at an address; None: of one that is
    started on this machine, when the first system is opened, and stopped at the end.

    Raises ``ProviderFailed`` where Ray or the cluster is not there.
    """
    with ExitStack() as stack:
        connected: list[Any] = []

        def opened(system: System) -> Provider:
            if not connected:
                connected.append(stack.enter_context(joined(address, workers)))
            ray = connected[0]
            n = workers or min(int(ray.cluster_resources().get("CPU", 1)), MOST_WORKERS)
            return Remote(ray, system, runs, images, max(n, 1))

        yield opened


@contextmanager
def joined(address: str | None, workers: int | None) -> Iterator[Any]:
    """Ray, connected. A connection that this process already has is used and left as it is."""
    folder = ""
    more: dict[str, Any] = {"address": address}
    if address is None:
        os.environ.update(HERE)
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        folder = tempfile.mkdtemp(prefix="medaudit-")  # Ray's own folder would be open to all
        more = {
            "address": "local",
            "num_cpus": workers or min(os.cpu_count() or 1, MOST_WORKERS),
            "object_store_memory": STORE_BYTES,
            "include_dashboard": False,
            "_node_ip_address": "127.0.0.1",
            "_temp_dir": f"{folder}/ray",
        }
    ray = _imported()
    if ray.is_initialized():
        yield ray
        return
    try:
        with _own_signals():
            try:
                ray.init(log_to_driver=False, configure_logging=False, **more)
            except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
                what = f"at {address}" if address else "could be started here"
                raise ProviderFailed(f"no Ray cluster {what}: {_first_line(error)}") from error
        try:
            if address is None and ray.util.get_node_ip_address() != "127.0.0.1":
                raise ProviderFailed(
                    "Ray was loaded before with other settings and would listen on the network; "
                    "start the run in a process of its own"
                )
            yield ray
        finally:
            ray.shutdown()
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _imported() -> Any:
    try:
        import ray
    except ImportError:
        raise ProviderFailed(
            "the executor ray needs Ray, which is not installed; type: "
            "pip install 'medaudit[cluster]'"
        ) from None
    return ray


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keeps Ray from taking SIGTERM over, which stops a run gently."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]
