"""What the engine adds to a call: a run against a null server, beside bare asyncio.

Both ask the same server over the same client, which is no vendor's SDK: ``httpx2``, on which both
SDKs are built, and ``raw``, the least that HTTP needs. The null server is another process; with
``--delay`` it waits as a service would. Prints calls per second, their ratio and the overhead of a
call; then what a plan of a million calls takes in memory. Usage::

    python -m benchmarks.engine [--calls N] [--workers N] [--delay MS] [--plan N] [--rounds N]
        [--client raw|httpx2]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from medaudit import run, suite
from medaudit.bank import load
from medaudit.providers import Answer, Body, Keep, gate
from medaudit.providers.answer import Adapter, drop
from medaudit.records import Message, Run, System, Variant
from medaudit.registry import Registry
from medaudit.resources import data, root
from medaudit.run.plan import jobs
from medaudit.suite import Suite
from medaudit.workspace import Workspace

TEXT = "Decision: emergency now\nCall an ambulance. " + "Do not drive yourself. " * 20
REPLY = json.dumps(
    {
        "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": TEXT}}],
        "usage": {"prompt_tokens": 200, "completion_tokens": 100},
    }
).encode()
HEAD = f"HTTP/1.1 200 OK\r\ncontent-length: {len(REPLY)}\r\n\r\n".encode()


class Direct:
    """Chat completions over one connection a worker; no SDK, no retries, no limits."""

    def __init__(self, port: int, workers: int) -> None:
        self.port, self.concurrency = port, workers
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]

    async def __aenter__(self) -> Self:
        self._free = asyncio.Queue()
        for _ in range(self.concurrency):
            self._free.put_nowait(await asyncio.open_connection("127.0.0.1", self.port))
        return self

    async def __aexit__(self, *exc: object) -> None:
        while not self._free.empty():
            self._free.get_nowait()[1].close()

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        turns = [{"role": turn.role, "content": turn.text} for turn in messages]
        body = json.dumps({"model": "null", "messages": turns, "seed": seed}).encode()
        reader, writer = connection = await self._free.get()
        try:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}"
            writer.write(head.encode() + b"\r\n\r\n" + body)
            line = await reader.readuntil(b"\r\n\r\n")
            size = int(line.split(b"content-length: ")[1].split(b"\r\n")[0])
            found = await reader.readexactly(size)
        finally:
            self._free.put_nowait(connection)
        keep(Body(200, found))
        return gate.chat(found)


class Http(Direct):
    """The same over httpx2, the client that both vendors' SDKs are built on."""

    async def __aenter__(self) -> Self:
        import httpx2

        limits = httpx2.Limits(max_connections=self.concurrency)
        self._client = httpx2.AsyncClient(trust_env=False, limits=limits)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._client.aclose()

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        turns = [{"role": turn.role, "content": turn.text} for turn in messages]
        body = json.dumps({"model": "null", "messages": turns, "seed": seed}).encode()
        url = f"http://127.0.0.1:{self.port}/v1/chat/completions"
        reply = await self._client.post(url, content=body)
        keep(Body(reply.status_code, reply.content))
        return gate.chat(reply.content)


CLIENTS: dict[str, type[Direct]] = {"raw": Direct, "httpx2": Http}


async def _null(delay_s: float, ready: Any) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                if delay_s > 0:
                    await asyncio.sleep(delay_s)
                writer.write(HEAD + REPLY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    ready.put(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


def null_server(delay_s: float, ready: Any) -> None:
    asyncio.run(_null(delay_s, ready))


def system() -> System:
    return System(id="null", title="null", provider="direct", vendor="none", model="null")


def copies(n: int) -> Suite:
    """A suite of n different variants of one case."""
    case = load(data() / "cases" / "d1-aortic-dissection.yaml")[0]
    built = suite.build([case], probes=[])
    (base,) = built.variants[:1]
    variants = tuple(
        base.model_copy(update={"id": f"{number:016x}", "seed": number}) for number in range(n)
    )
    return Suite(built.cases, variants, (), (), built.seed, "benchmark")


async def bare(
    client_of: type[Direct], port: int, workers: int, plan: Run, variants: Sequence[Variant]
) -> Spent:
    """Seconds and seconds of CPU for every call of a plan, putting nothing down."""
    queue = jobs(plan, plan.systems[0], variants)
    async with client_of(port, workers) as client:

        async def work() -> None:
            for job in queue:
                await client.ask(job.variant.messages, {}, job.seed)

        began = now()
        await asyncio.gather(*(work() for _ in range(workers)))
        return Spent.since(began)


def engine(
    client_of: type[Direct], port: int, workers: int, workspace: Workspace, plan: Run
) -> Spent:
    """From the first call to the last answer on disk, as the run itself sees them."""
    adapter = Adapter("direct", "No SDK", lambda *_, **__: client_of(port, workers))
    real = Registry.load
    Registry.load = lambda self, name: adapter if name == "direct" else real(self, name)  # type: ignore[assignment,method-assign]
    began: list[tuple[float, float]] = []
    last: list[Spent] = []

    def watch(state: run.Progress) -> None:
        if state.state == "running":
            began.append(now())
            if state.received == state.expected:
                last.append(Spent.since(began[0]))

    try:
        state = run.execute(workspace, plan.id, watch)
    finally:
        Registry.load = real  # type: ignore[method-assign]
    if state.outcomes != {"answered": plan.n_expected}:
        raise SystemExit(f"the run did not go as it should: {state}")
    return last[0]


def compare(name: str, calls: int, workers: int, delay_s: float, rounds: int) -> None:
    client_of = CLIENTS[name]
    ready: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=null_server, args=(delay_s, ready), daemon=True)
    server.start()
    port = ready.get(timeout=30)
    built = copies(calls)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder)).create()
        for number in range(rounds):
            plan = _planned(workspace, built, number)
            one = asyncio.run(bare(client_of, port, workers, plan, built.variants))
            two = engine(client_of, port, workers, workspace, plan)
            rows.append((one, two))
            print(
                f"{name} {number + 1}: bare {calls / one.seconds:,.0f} calls/s, "
                f"engine {calls / two.seconds:,.0f} calls/s, "
                f"ratio {one.seconds / two.seconds:.2f}; "
                f"CPU a call {one.cpu / calls * 1e6:.0f} and {two.cpu / calls * 1e6:.0f} us",
                flush=True,
            )
    server.terminate()
    ratio = statistics.median(one.seconds / two.seconds for one, two in rows)
    over = statistics.median(two.seconds - one.seconds for one, two in rows) / calls * 1e6
    cpu = statistics.median(two.cpu - one.cpu for one, two in rows) / calls * 1e6
    print(
        f"{name}: {calls} calls, {workers} workers, {delay_s * 1e3:g} ms server: "
        f"median ratio {ratio:.2f}, overhead a call {over:.0f} us, of CPU {cpu:.0f} us"
    )


@dataclass(frozen=True)
class Spent:
    """Time that passed, and time that this process computed: the second minds no neighbours."""

    seconds: float
    cpu: float

    @classmethod
    def since(cls, began: tuple[float, float]) -> Spent:
        seconds, cpu = now()
        return cls(seconds - began[0], cpu - began[1])


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _planned(workspace: Workspace, built: Suite, number: int) -> Run:
    adapter = Adapter("direct", "No SDK", lambda *_, **__: None)  # type: ignore[arg-type,return-value]
    real = Registry.load
    Registry.load = lambda self, name: adapter if name == "direct" else real(self, name)  # type: ignore[assignment,method-assign]
    try:
        return run.plan(workspace, built, [system()], scorers=[], title=f"Round {number}")
    finally:
        Registry.load = real  # type: ignore[method-assign]


def held(n: int) -> None:
    """Peak memory of a process that plans n calls and steps through every one of them."""
    code = (
        "import resource; from benchmarks import engine; "
        f"engine.step_through({n}); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root(), check=True, capture_output=True, text=True
    )
    peak = int(done.stdout) / 1e3
    print(f"a plan of {n:,} calls, every call noted as answered: peak {peak:.0f} MB")


def step_through(n: int) -> None:
    """Plan n calls (every hundredth a new variant) and note each as answered."""
    from medaudit.run.session import Session

    per_variant = 100 if n >= 1_000_000 else 10
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder)).create()
        adapter = Adapter("direct", "No SDK", lambda *_, **__: None)  # type: ignore[arg-type,return-value]
        real = Registry.load
        Registry.load = lambda self, name: adapter if name == "direct" else real(self, name)  # type: ignore[assignment,method-assign]
        built = copies(n // per_variant)
        plan = run.plan(workspace, built, [system()], per_variant, scorers=[])
        session = Session(workspace, plan, run.Options(), lambda state: None, None)
        count = 0
        for job in session.missing(plan.systems[0]):
            session.found.answered.add(int(job.id, 16))
            count += 1
        if count != n or len(session.found.answered) != n:
            raise SystemExit(f"{count} calls, not {n}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--client", choices=CLIENTS)
    parser.add_argument("--delay", type=float, default=0.0, help="Of the server, in ms")
    parser.add_argument("--plan", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for name in CLIENTS if given.client is None else [given.client]:
        compare(name, given.calls, given.workers, given.delay / 1e3, given.rounds)
    if given.plan > 0:
        held(given.plan)
    return 0


if __name__ == "__main__":
    sys.exit(main())
