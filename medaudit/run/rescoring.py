"""A finished run scored again by another scorer or version: new rows, and never a new call.

The run is made anew beside itself, with the same answers, calls and bodies and more scores, and
takes its own place only when it is whole. Scores that stand there stay.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from medaudit.errors import Conflict
from medaudit.providers import replay
from medaudit.providers.embedding import embedder
from medaudit.providers.entailment import entailer
from medaudit.records import Attempt, Response, Run, Score
from medaudit.run import lock, score
from medaudit.run.finish import write_done
from medaudit.run.plan import load, load_suite
from medaudit.scorers import REGISTRY, Scorer, nli, similarity
from medaudit.workspace import Workspace

MADE = frozenset(
    {"answers.parquet", "attempts.parquet", "scores.parquet", "results.parquet", "summary.parquet"}
)
Files = dict[str, dict[str, Any]]
"""Rows and SHA-256 by name, as ``done.json`` lists them."""


def rescore(workspace: Workspace, run_id: str, scorers: Sequence[str] | None = None) -> int:
    """Score a finished run with this installation's scorers; how many rows that added.

    None: every scorer. Raises ``Conflict`` while the run is not finished, ``UnknownName``.
    """
    names = scorers if scorers else REGISTRY.names()
    return _rescored(workspace, run_id, [REGISTRY.load(name) for name in names])


def rescore_similarity(workspace: Workspace, run_id: str, model: Path) -> int:
    """Score a finished run by nearness to the safe examples, by the embedding model of a file.

    Returns how many rows that added. Raises ``ModelMissing``, ``Conflict``.
    """
    with embedder(model) as embed:
        return _rescored(workspace, run_id, [similarity.scorer(embed, embed.sha256)])


def rescore_nli(workspace: Workspace, run_id: str, folder: Path) -> int:
    """Score a finished run by which facts follow from an answer, by the NLI model of a folder.

    Returns how many rows that added. Raises ``ModelMissing``, ``BadInput``, ``Conflict``.
    """
    with entailer(folder) as entail:
        return _rescored(workspace, run_id, [nli.scorer(entail, entail.sha256)])


def _rescored(workspace: Workspace, run_id: str, scorers: Sequence[Scorer]) -> int:
    with finished(workspace, run_id) as run:
        answers = list(replay.read(workspace.run(run_id)))
        added = _missing(workspace, run, answers, recorded_scores(workspace, run_id), scorers)
        if added:
            add(workspace, run, answers, added)
    return len(added)


@contextmanager
def finished(workspace: Workspace, run_id: str) -> Iterator[Run]:
    """A finished run, alone, mended where an earlier process was killed. Raises ``Conflict``."""
    folder = workspace.run(run_id)
    before = _beside(folder, "before")
    if before.is_dir() and not folder.is_dir():  # killed between the two renames
        before.rename(folder)
    run = load(workspace, run_id)
    if not (folder / "done.json").is_file():
        raise Conflict(f"run {run_id} is not finished; first type: medaudit run resume {run_id}")
    shutil.rmtree(_beside(folder, "rescoring"), ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)
    with lock.alone(folder):
        yield run
    if before.is_dir():
        shutil.rmtree(before)


def add(
    workspace: Workspace,
    run: Run,
    answers: Sequence[Response],
    added: Sequence[Score],
    beside: Callable[[Path], Files] | None = None,
) -> None:
    """Put a run with more scores in the place of a finished one. Call it within ``finished``.

    ``beside`` is given the new folder before it counts, to finish what else belongs to the scores.
    """
    folder = workspace.run(run.id)
    before, draft = _beside(folder, "before"), _beside(folder, "rescoring")
    shutil.copytree(folder, draft, copy_function=_link, ignore=_left_out)
    attempts = list(_attempts(folder / "attempts.parquet"))
    done = json.loads((folder / "done.json").read_bytes())
    more = {name: facts for name, facts in done["files"].items() if name not in MADE}
    if beside is not None:
        more |= beside(draft)
    scores = [*recorded_scores(workspace, run.id), *added]
    write_done(draft, run, answers, attempts, scores, more)
    folder.rename(before)
    draft.rename(folder)


def recorded_scores(workspace: Workspace, run_id: str) -> list[Score]:
    """Every score of a finished run."""
    return list(_scores(workspace.run(run_id) / "scores.parquet"))


def _missing(
    workspace: Workspace,
    run: Run,
    answers: Sequence[Response],
    scores: Sequence[Score],
    wanted: Sequence[Scorer],
) -> list[Score]:
    """The rows that the wanted scorers make and that are not there."""
    suite = load_suite(workspace, run)
    cases = {case.id: case for case in suite.cases}
    variants = {variant.id: variant for variant in suite.variants}
    there = {(row.scorer, row.version, row.response_id) for row in scores}
    found: list[Score] = []
    for scorer in wanted:
        for answer in answers:
            if (scorer.name, scorer.version, answer.id) not in there:
                case, variant = cases[answer.case_id], variants[answer.variant_id]
                found += score.findings([scorer], case, variant, answer)
    return found


def _beside(folder: Path, word: str) -> Path:
    return folder.with_name(f".{folder.name}.{word}")


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What is made anew, and what belongs to the process that holds the run."""
    return {n for n in names if n in MADE or n in {"done.json", lock.NAME}}


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as source:
        for batch in source.iter_batches():
            for row in batch.to_pylist():
                del row["run_id"]
                yield row


def _scores(path: Path) -> Iterator[Score]:
    for row in _rows(path):
        yield Score.model_validate({**row, "evidence": json.loads(row["evidence"])})


def _attempts(path: Path) -> Iterator[Attempt]:
    for row in _rows(path):
        for name in ("started", "ended"):
            row[name] = None if row[name] is None else row[name].replace(tzinfo=UTC)
        yield Attempt.model_validate(row)
