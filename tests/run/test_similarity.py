"""A finished run scored by an embedding model: new rows under its name, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from medaudit import run
from medaudit.records import System
from medaudit.run import rescoring
from medaudit.store import Store
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import Loopback, said
from tests.run.conftest import CASE
from tests.run.test_limits import rows
from tests.test_cli import medaudit, refused


class Lengths:
    """A model by which two texts are the nearer the more equal their lengths are."""

    sha256 = "ab" * 32

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(len(text)), 100.0] for text in texts]


@contextmanager
def lengths(path: Path) -> Iterator[Lengths]:
    assert path.name == "mini.gguf"
    yield Lengths()


def test_similarity_is_added_to_a_finished_run_and_only_when_asked_for(
    workspace: Workspace,
    copies: Callable[[int], Suite],
    vendor: Callable[..., System],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Loopback(lambda b, k: said(CASE.safe.text)) as server:
        plan = run.plan(workspace, copies(2), [vendor(server.url)])
        assert "similarity" not in [scorer.name for scorer in plan.scorers]
        run.execute(workspace, plan.id)
    before = rows(workspace, plan.id, "scores")
    results = rows(workspace, plan.id, "results")
    monkeypatch.setattr(rescoring, "embedder", lengths)
    home = str(workspace.path)
    shown = medaudit("run", "rescore", plan.id, "--similarity", "mini.gguf", "--home", home)
    assert "2 score(s) added" in shown.stdout
    new = [row for row in rows(workspace, plan.id, "scores") if row["scorer"] == "similarity"]
    assert [(row["value"], row["label"]) for row in new] == [(1.0, "nearer_safe")] * 2
    assert len(rows(workspace, plan.id, "scores")) == len(before) + 2
    assert rows(workspace, plan.id, "results") == results
    assert run.rescore_similarity(workspace, plan.id, Path("mini.gguf")) == 0
    with Store.open(workspace.path) as store:
        assert {name: found for name, found in store.audit().items() if found} == {}
    both = ("--similarity", "mini.gguf", "--scorer", "decision")
    told = refused(2, "run", "rescore", plan.id, *both, "--home", home)
    assert "one of --scorer, --similarity and --nli" in told


class Nothing:
    """A model by which nothing follows from anything."""

    sha256 = "cd" * 32

    def __call__(self, premise: str, statements: Sequence[str]) -> list[tuple[float, ...]]:
        return [(0.0, 1.0, 0.0) for _ in statements]


@contextmanager
def nothing(path: Path) -> Iterator[Nothing]:
    assert path.name == "mini"
    yield Nothing()


def test_inference_is_added_under_its_own_name(
    workspace: Workspace,
    copies: Callable[[int], Suite],
    vendor: Callable[..., System],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Loopback(lambda b, k: said(CASE.safe.text)) as server:
        plan = run.plan(workspace, copies(1), [vendor(server.url)])
        run.execute(workspace, plan.id)
    results = rows(workspace, plan.id, "results")
    monkeypatch.setattr(rescoring, "entailer", nothing)
    home = str(workspace.path)
    shown = medaudit("run", "rescore", plan.id, "--nli", "mini", "--home", home)
    assert "2 score(s) added" in shown.stdout
    new = [row for row in rows(workspace, plan.id, "scores") if row["scorer"] == "nli"]
    assert {(row["dimension"], row["value"]) for row in new} == {
        ("nli_entailed", 0.0), ("nli_contradicted", 1.0),
    }  # fmt: skip
    assert rows(workspace, plan.id, "results") == results
    assert run.rescore_nli(workspace, plan.id, Path("mini")) == 0
