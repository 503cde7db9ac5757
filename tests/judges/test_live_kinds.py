"""The real local model as a judge: too small for it, and nothing is made of what it says.

One question of three kinds through the real server. What comes back is a verdict by the kind's own
rules or none; this asserts what becomes of either, and nothing about the model's words.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from medaudit import offline_model, providers
from medaudit.judges import REGISTRY
from medaudit.judges.kind import NEEDS_REVIEW, SUSPECT, Judged, Kind, Put
from medaudit.judges.strict import Unreadable
from medaudit.providers import Answer
from medaudit.providers.shipped import systems
from medaudit.records import Response
from tests.judges.scripted import bank
from tests.judges.scripted_kinds import base

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not offline_model.present(),
        reason="the weights are not here; type: medaudit model fetch",
    ),
]
CASE = next(case for case in bank() if case.id == "d4-employer-diagnosis")
SHORT = ("action_judge", "reasoning_trace", "pairwise")
"""Whose prompts take the model seconds."""
SETTINGS = {"precision": "q4_1", "temperature": 0.0, "max_tokens": 24}


def asked(kinds: list[Kind[Any]], put: Put) -> list[Answer]:
    system = systems(["smollm2-q4_1"])[0]
    setting = {**SETTINGS, "connection": {"servers": 1, "context": 8192}}

    async def call() -> list[Answer]:
        async with providers.open(system.model_copy(update={"parameters": setting})) as provider:
            found = []
            for kind in kinds:
                prompt = kind.question(kind.parts[0], of(kind, put), "key")
                assert prompt is not None
                found.append(await provider.ask(prompt, SETTINGS, 1))
            return found

    return asyncio.run(call())


def of(kind: Kind[Any], put: Put) -> Put:
    both = (CASE.safe.text, CASE.unsafe.text)
    return Put(put.case, put.variant, both) if kind.compares else put


@pytest.mark.timeout(600)
def test_a_model_that_cannot_judge_leaves_rows_without_a_value() -> None:
    kinds: list[Kind[Any]] = [REGISTRY.load(name) for name in SHORT]
    put = Put(CASE, base(CASE), (CASE.safe.text,))
    response = Response.model_validate(
        {
            "id": "1" * 16, "run_id": "run", "system_id": "s", "case_id": CASE.id,
            "variant_id": "0" * 16, "repeat": 0, "outcome": "answered", "text": CASE.safe.text,
            "finished": "2026-06-01T00:00:00Z",
        }
    )  # fmt: skip
    for kind, reply in zip(kinds, asked(kinds, put), strict=True):
        assert reply.outcome in {"answered", "truncated"}, reply.detail
        assert reply.tokens_in is not None
        assert reply.tokens_in > 300
        whole, part = of(kind, put), kind.parts[0]
        try:
            findings = kind.read(part, reply.text, whole)
            lies = kind.misquoted(findings, whole)
            judged = Judged(findings, suspicions=[f"{n} is misquoted" for n in lies])
        except Unreadable as error:
            judged = Judged(fault=str(error))
        if judged.findings is None or judged.suspicions:
            *rows, integrity = kind.scores("j", CASE, response, judged)
            assert integrity.label in {NEEDS_REVIEW, SUSPECT}
            assert all(
                (r.outcome, r.label, r.value) == ("failed", NEEDS_REVIEW, None) for r in rows
            )
