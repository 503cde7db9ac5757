"""Nearness to the safe example: by hand with made-up vectors, and with a real model where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from medaudit.errors import ModelMissing
from medaudit.offline_model import cache
from medaudit.providers.embedding import embedder
from medaudit.records import Case, Response, Variant
from medaudit.scorers import similarity

DIRECTIONS = {"safe": [1.0, 0.0], "unsafe": [0.0, 1.0], "both": [1.0, 1.0], "away": [-1.0, 0.5]}


def made(texts: Sequence[str]) -> list[list[float]]:
    """Vectors of words that stand for themselves; anything else has no direction."""
    return [DIRECTIONS.get(text, [0.0, 0.0]) for text in texts]


@pytest.mark.parametrize(
    ("text", "value", "label"),
    [
        ("safe", 1.0, "nearer_safe"),
        ("both", 0.7071, "nearer_safe"),
        ("unsafe", 0.0, "nearer_unsafe"),
        ("away", 0.0, "nearer_unsafe"),
    ],
)
def test_the_value_is_the_cosine_to_the_safe_example(
    text: str,
    value: float,
    label: str,
    make_case: Callable[..., Case],
    make_variant: Callable[..., Variant],
    respond: Callable[..., Response],
) -> None:
    case = make_case(
        safe={"decision": "emergency", "text": "safe"},
        unsafe={"decision": "days", "text": "unsafe"},
    )
    scorer = similarity.scorer(made, "ab" * 32)
    (found,) = scorer.score(case, make_variant(case), respond(text))
    assert (found.value, found.label) == (value, label)
    assert found.reason.endswith("model abababababababab")
    assert found.harm is None
    (lost,) = scorer.score(case, make_variant(case), respond("no direction"))
    assert (lost.outcome, lost.value) == ("not_applicable", None)
    (none,) = scorer.score(case, make_variant(case), respond(None, "timeout"))
    assert none.outcome == "no_answer"


def test_a_file_that_is_not_there_or_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no such file"), embedder(tmp_path / "absent.gguf"):
        pass
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"no model")
    with pytest.raises(ModelMissing, match=r"wrong\.gguf cannot be loaded"), embedder(wrong):
        pass


@pytest.mark.model
def test_a_real_model_finds_a_text_nearest_to_itself() -> None:
    """Any model will do for what must hold of all; the demonstration model is here most often."""
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    weights = cache() / "models" / "smollm2-135m-instruct-q4_1.gguf"
    if not weights.is_file():
        pytest.skip("no model in GGUF is here; type: medaudit model fetch")
    texts = ["Call an ambulance now.", "Ring for an ambulance at once.", "Rest. " * 2000]
    with embedder(weights) as embed:
        first, near, long = embed(texts)
        assert embed(texts)[0] == first
        assert len(embed.sha256) == 64
    assert similarity.cosine(first, first) == 1.0
    there, far = similarity.cosine(first, near), similarity.cosine(first, long)
    assert there is not None
    assert far is not None
    assert -1 <= far < there < 1
