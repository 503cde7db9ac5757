"""What the engine adds to a call: a run against a null server, beside bare asyncio; and Ray.

Bare asyncio and the engine ask the same server the same questions of the same plan over the same
client, which is no vendor's SDK: ``httpx2``, on which both SDKs are built, and ``raw``, the least
that HTTP needs. The bare loop puts nothing down. Each arm is a process of its own, the arms take
turns at going first, and what is printed is the median over rounds. The null server is another
process; with ``--delay`` it waits as a service would. Then a Ray cluster of this machine is put
beside the same run without it, both over a real SDK and with 50 ms calls. Last, what a plan of a
million calls takes in memory. Usage::

    python -m benchmarks.engine [--calls N] [--workers N] [--delay MS] [--plan N] [--rounds N]
        [--client raw|httpx2] [--ray 0|1]
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from medaudit import run, suite
from medaudit.bank import load
from medaudit.providers import Answer, Body, Keep, gate
from medaudit.providers.answer import Adapter, drop
from medaudit.records import Message, Run, System, Variant
from medaudit.registry import Registry
from medaudit.resources import data, root
from medaudit.run.plan import jobs, load_suite
from medaudit.run.progress import Tally
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


def over(port: int) -> System:
    """The null server through the SDK that speaks chat completions."""
    return System(
        id="null",
        title="null",
        provider="openai_compatible",
        vendor="none",
        model="null",
        parameters={"connection": {"base_url": f"http://127.0.0.1:{port}/v1"}},
    )


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
    """What every call of a plan takes when nothing is put down."""
    queue = jobs(plan, plan.systems[0], variants)
    async with client_of(port, workers) as client:

        async def work() -> None:
            for job in queue:
                await client.ask(job.variant.messages, {}, job.seed)

        began = now()
        await asyncio.gather(*(work() for _ in range(workers)))
        return Spent.since(began)


def engine(workspace: Workspace, plan: Run, options: run.Options) -> Spent:
    """From the first call to the last answer on disk, as the run itself sees them."""
    began: list[tuple[float, float]] = []
    last: list[Spent] = []
    real = Tally.begin

    def begin(self: Tally) -> None:
        began.append(now())
        real(self)

    def watch(state: run.Progress) -> None:
        if state.state == "running" and state.received == state.expected:
            last.append(Spent.since(began[0]))

    Tally.begin = begin  # type: ignore[method-assign]
    state = run.execute(workspace, plan.id, watch, options=options)
    if state.outcomes != {"answered": plan.n_expected}:
        raise SystemExit(f"the run did not go as it should: {state}")
    return last[0]


def arm(name: str, client: str, port: int, workers: int, home: str, run_id: str, out: Any) -> None:
    """One arm, in a process of its own; what it took goes into the queue."""
    workspace = Workspace(Path(home))
    with direct(CLIENTS.get(client, Direct), port, workers):
        plan = run.load(workspace, run_id)
        if name == "bare":
            variants = load_suite(workspace, plan).variants
            spent = asyncio.run(bare(CLIENTS[client], port, workers, plan, variants))
        else:
            executor: Any = "local" if name == "engine" else name
            n = {"workers": 2} if executor == "ray" else {}
            options = run.Options(concurrency=workers, executor=executor, **n)
            spent = engine(workspace, plan, options)
    out.put(spent)


def compare(
    title: str, arms: tuple[str, str], system: System | None, client: str, given: Given
) -> None:
    """Two arms against one server; the ratio of the second's calls per second to the first's."""
    spawn = multiprocessing.get_context("spawn")
    ready: Any = spawn.Queue()
    server = spawn.Process(target=null_server, args=(given.delay_s, ready), daemon=True)
    server.start()
    port = ready.get(timeout=60)
    built = copies(given.calls)
    rows: list[dict[str, Spent]] = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder)).create()
        for number in range(given.rounds):
            row = {}
            for name in arms if number % 2 == 0 else reversed(arms):
                plan = _planned(workspace, built, f"{name} {number}", system or over(port))
                out: Any = spawn.Queue()
                what = (name, client, port, given.workers, folder, plan.id, out)
                child = spawn.Process(target=arm, args=what)
                child.start()
                row[name] = out.get(timeout=600)
                child.join()
            rows.append(row)
            rates = [f"{name} {given.calls / row[name].seconds:,.0f} calls/s" for name in arms]
            cpus = [f"{row[name].cpu / given.calls * 1e6:.0f}" for name in arms]
            print(f"  {number + 1}: {', '.join(rates)}; CPU {' and '.join(cpus)} us", flush=True)
    server.terminate()
    pairs = [tuple(row[name] for name in arms) for row in rows]
    ratio = statistics.median(one.seconds / two.seconds for one, two in pairs)
    over_ = statistics.median(two.seconds - one.seconds for one, two in pairs) / given.calls * 1e6
    cpu = statistics.median(two.cpu - one.cpu for one, two in pairs) / given.calls * 1e6
    by_cpu = statistics.median(one.cpu / two.cpu for one, two in pairs)
    print(
        f"{title}: {given.calls} calls, {given.workers} at a time, {given.delay_s * 1e3:g} ms "
        f"server: {arms[1]} to {arms[0]} {ratio:.2f} (median of {given.rounds}), "
        f"{over_:+.0f} us a call; by CPU of the process {by_cpu:.2f}, {cpu:+.0f} us",
        flush=True,
    )


@dataclass(frozen=True)
class Given:
    """What the command line asks for."""

    calls: int
    workers: int
    delay_s: float
    rounds: int


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


@contextmanager
def direct(client_of: type[Direct], port: int, workers: int) -> Iterator[None]:
    """The provider ``direct``, for as long as it is needed."""
    adapter = Adapter("direct", "No SDK", lambda *_, **__: client_of(port, workers))
    real = Registry.load
    Registry.load = lambda self, name: adapter if name == "direct" else real(self, name)  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        Registry.load = real  # type: ignore[method-assign]


def _planned(workspace: Workspace, built: Suite, title: str, of: System) -> Run:
    with direct(Direct, 0, 1):
        return run.plan(workspace, built, [of], scorers=[], title=title)


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
        built = copies(n // per_variant)
        with direct(Direct, 0, 1):
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
    parser.add_argument("--delay", type=float, help="Of the server, in ms; default 0, then 20")
    parser.add_argument("--plan", type=int, default=1_000_000)
    parser.add_argument(
        "--ray", type=int, choices=(0, 1), default=int(find_spec("ray") is not None)
    )
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for delay in (0.0, 20.0) if given.delay is None else (given.delay,):
        what = Given(given.calls, given.workers, delay / 1e3, given.rounds)
        for name in CLIENTS if given.client is None else [given.client]:
            compare(name, ("bare", "engine"), system(), name, what)
    if given.ray:
        what = Given(given.calls, given.workers * 4, 0.05, given.rounds)
        compare("Ray, 2 workers, SDK", ("local", "ray"), None, "", what)
    if given.plan > 0:
        held(given.plan)
    return 0


if __name__ == "__main__":
    sys.exit(main())
