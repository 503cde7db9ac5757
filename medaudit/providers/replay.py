"""Recorded answers given again: what one system said in an earlier run, by variant and repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from medaudit.errors import BadInput, ProviderFailed
from medaudit.providers.answer import Adapter, Answer, Keep, drop
from medaudit.providers.connection import Recording, connection
from medaudit.records import Message, Response, System
from medaudit.records.base import first_fault
from medaudit.resources import data


class Replay:
    """The answers of one recorded system. One that was not recorded is an outcome."""

    concurrency = 32

    def __init__(self, system: System, path: Path, recorded: str) -> None:
        self.system = system
        self.path = path
        self.recorded = recorded
        self._answers: dict[tuple[str, int], Response] = {}

    async def __aenter__(self) -> Self:
        answers: dict[tuple[str, int], Response] = {}
        for answer in read(self.path):
            if answer.system_id != self.recorded:
                continue
            place = answer.variant_id, answer.repeat
            if answers.setdefault(place, answer) != answer:
                raise BadInput(
                    f"two answers to variant {place[0]}, repeat {place[1]}", file=str(self.path)
                )
        if not answers:
            raise ProviderFailed(
                f"{self.path.name} holds no answers of {self.recorded!r}; name a recorded system "
                "under connection: system"
            )
        self._answers = answers
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._answers = {}

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        found = None if key is None else self._answers.get(key)
        if found is None:
            what = "without a key" if key is None else f"variant {key[0]}, repeat {key[1]}"
            return Answer(
                "bad_request", detail=f"not recorded in {self.path.name}: {what}", final=True
            )
        return Answer(
            found.outcome,
            text=found.text,
            reasoning=found.reasoning,
            stop_reason=found.stop_reason,
            tokens_in=found.tokens_in,
            tokens_out=found.tokens_out,
            cost_usd=found.cost_usd,
            latency_s=found.latency_s,
            detail=f"recorded {found.finished.date().isoformat()} in run {found.run_id}",
            final=True,
        )


def read(path: Path) -> Iterator[Response]:
    """Every answer of a run's folder, or of a JSON Lines or Parquet file of answers.

    Raises ``BadInput`` with file and line. In a running run's shards, a torn last line is left
    out.
    """
    if path.is_dir():
        finished = path / "answers.parquet"
        if finished.is_file():
            yield from _parquet(finished)
            return
        shards = sorted((path / "shards").glob("answers-*.jsonl"))
        if not shards:
            raise BadInput("no recorded answers in this folder", file=str(path))
        for shard in shards:
            yield from _lines(shard)
    elif path.suffix == ".parquet":
        yield from _parquet(path)
    else:
        yield from _lines(path)


def _lines(path: Path) -> Iterator[Response]:
    with path.open("rb") as source:
        for number, line in enumerate(source, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Response.model_validate_json(line)
            except ValidationError as error:
                field, message = first_fault(error)
                raise BadInput(message, file=str(path), line=number, field=field) from error


def _parquet(path: Path) -> Iterator[Response]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            for batch in source.iter_batches():
                for row in batch.to_pylist():
                    row["id"] = row.pop("response_id")
                    row["finished"] = row["finished"].replace(tzinfo=UTC)
                    yield Response.model_validate(row)
    except (pa.ArrowInvalid, KeyError, ValidationError) as error:
        raise BadInput(f"not a file of recorded answers: {error}", file=str(path)) from error


def _open(system: System, *, runs: Path | None = None, **_: object) -> Replay:
    setting = connection(system, Recording)
    name = setting.recording
    places = [Path(name).expanduser()] if "/" in name or "\\" in name else []
    places += [runs / name] if runs is not None else []
    places += [data() / "recorded" / "runs" / name, data() / name]
    for place in places:
        if place.exists():
            return Replay(system, place, setting.system or system.model)
    raise ProviderFailed(
        f"system {system.id} replays {name!r}, which is neither a run of the workspace nor a file"
    )


PROVIDER = Adapter("replay", "Answers recorded in an earlier run", _open, local=True)
