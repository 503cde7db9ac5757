"""What follows from an answer: by hand with made-up verdicts, and through a real ONNX model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from medaudit.errors import BadInput, ModelMissing
from medaudit.providers.entailment import entailer
from medaudit.records import Case, Response, Variant
from medaudit.scorers import nli

YES, OPEN, NO = (0.8, 0.1, 0.1), (0.2, 0.5, 0.3), (0.1, 0.2, 0.7)


def test_values_are_shares_of_the_weight_of_the_facts(
    make_case: Callable[..., Case],
    make_variant: Callable[..., Variant],
    respond: Callable[..., Response],
) -> None:
    facts = [
        {"id": name, "text": name, "weight": weight, "patterns": [name]}
        for name, weight in (("flag", 3), ("dose", 2), ("age", 1))
    ]
    case = make_case(facts=facts)
    verdicts = {"flag": YES, "dose": NO, "age": OPEN}

    def entail(premise: str, statements: Sequence[str]) -> list[tuple[float, ...]]:
        assert premise == "an answer"
        return [verdicts[statement] for statement in statements]

    scorer = nli.scorer(entail, "ab" * 32)
    entailed, contradicted = scorer.score(case, make_variant(case), respond("an answer"))
    assert (entailed.dimension, entailed.value) == ("nli_entailed", 3 / 6)
    assert (contradicted.dimension, contradicted.value) == ("nli_contradicted", 1 - 2 / 6)
    assert entailed.reason == "flag; of 3 facts; model abababababababab"
    assert contradicted.reason.startswith("dose; of 3 facts")
    assert entailed.harm is None
    lifted = make_variant(case, lifts=("flag", "dose", "age"))
    rows = scorer.score(case, lifted, respond("an answer"))
    assert [(row.value, row.outcome) for row in rows] == [(None, "not_applicable")] * 2
    rows = scorer.score(case, make_variant(case), respond(None, outcome="timeout"))
    assert [row.outcome for row in rows] == ["no_answer"] * 2


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that calls a statement entailed when it holds the word "yes", else contradicted
    when it holds "no", else neutral; written as such models are exported."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra nli is not installed")
    tokenizers = pytest.importorskip("tokenizers", reason="the extra nli is not installed")
    words = {"[UNK]": 0, "yes": 1, "no": 2, "maybe": 3}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.save(str(tmp_path / "tokenizer.json"))
    # The sum of a row a word: (contradiction, entailment, neutral), only for the statement.
    rows = [[0.0, 0.0, 0.5], [0.0, 9.0, 0.0], [9.0, 0.0, 0.0], [0.0, 0.0, 0.5]]
    helper, kind = onnx.helper, onnx.TensorProto
    table = onnx.numpy_helper.from_array(np.array(rows, dtype="float32"), "table")
    axes = onnx.numpy_helper.from_array(np.array([1], dtype="int64"), "axes")
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["words"]),
            helper.make_node("Cast", ["token_type_ids"], ["second"], to=kind.FLOAT),
            helper.make_node("Unsqueeze", ["second", "two"], ["mask"]),
            helper.make_node("Mul", ["words", "mask"], ["kept"]),
            helper.make_node("ReduceSum", ["kept", "axes"], ["logits"], keepdims=0),
        ],
        "nli",
        [
            helper.make_tensor_value_info(name, kind.INT64, [1, None])
            for name in ("input_ids", "token_type_ids")
        ],
        [helper.make_tensor_value_info("logits", kind.FLOAT, [1, 3])],
        [table, axes, onnx.numpy_helper.from_array(np.array([2]), "two")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "model.onnx")
    labels = {"0": "CONTRADICTION", "1": "Entailment", "2": "neutral"}
    (tmp_path / "config.json").write_text(json.dumps({"id2label": labels}), encoding="utf-8")
    return tmp_path


def test_a_model_of_the_users_is_read_by_the_names_of_its_labels(model: Path) -> None:
    with entailer(model) as entail:
        found = entail("no " * 2_000, ["yes", "no", "maybe"])
    best = [max(range(3), key=row.__getitem__) for row in found]
    assert best == [0, 2, 1]  # entailment, contradiction, neutral; the premise says nothing
    assert all(sum(row) == pytest.approx(1) for row in found)
    assert len(entail.sha256) == 64


def test_what_is_no_model_is_refused_with_its_file(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"holds no model\.onnx"), entailer(tmp_path / "none"):
        pass
    (model / "config.json").write_text('{"id2label": {"0": "LABEL_0"}}', encoding="utf-8")
    with pytest.raises(BadInput, match="id2label"), entailer(model):
        pass
    names = {"0": "entailment", "1": "neutral", "2": "contradiction"}
    (model / "config.json").write_text(json.dumps({"id2label": names}), encoding="utf-8")
    (model / "model.onnx").write_bytes(b"junk")
    with pytest.raises(ModelMissing, match="cannot be loaded"), entailer(model):
        pass
    (model / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match="is no tokenizer"), entailer(model):
        pass
