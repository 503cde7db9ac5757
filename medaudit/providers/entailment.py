"""Whether one text follows from another, by a natural language inference model of the user's.

The folder holds ``model.onnx``, ``tokenizer.json`` and ``config.json`` with ``id2label``, as such
models are exported. Nothing is downloaded. The packages are those of the extra ``nli``, imported
inside the call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medaudit.durable import sha256
from medaudit.errors import BadInput, ModelMissing

FILES = ("model.onnx", "tokenizer.json", "config.json")
TOKENS = 512
"""Of premise and statement together; of a longer premise the beginning is read."""
LABELS = ("entailment", "neutral", "contradiction")


@dataclass(frozen=True)
class Entailer:
    """One loaded model; ``sha256``: of its ``model.onnx``."""

    sha256: str
    session: Any
    tokenizer: Any
    columns: tuple[int, ...]
    """Which output is entailment, neutral, contradiction."""

    def __call__(self, premise: str, statements: Sequence[str]) -> list[tuple[float, ...]]:
        """For each statement the probabilities of ``LABELS``, given the premise."""
        wanted = {node.name for node in self.session.get_inputs()}
        found = []
        for statement in statements:
            read = self.tokenizer.encode(premise, statement)
            given = {
                "input_ids": read.ids,
                "attention_mask": read.attention_mask,
                "token_type_ids": read.type_ids,
            }
            fed = {k: np.asarray([v], dtype=np.int64) for k, v in given.items() if k in wanted}
            logits = np.asarray(self.session.run(None, fed)[0][0], dtype=np.float64)
            power = np.exp(logits - logits.max())
            found.append(tuple(float(power[c] / power.sum()) for c in self.columns))
        return found


@contextmanager
def entailer(folder: Path) -> Iterator[Entailer]:
    """The model of a folder, loaded. Raises ``ModelMissing`` and ``BadInput``."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ModelMissing(f"{folder} holds no {', '.join(missing)}; name an exported NLI model")
    columns = _columns(folder / "config.json")
    if not _read(folder / "tokenizer.json").get("model"):
        raise BadInput("is no tokenizer", file=str(folder / "tokenizer.json"), field="model")
    try:
        import onnxruntime
        import tokenizers
    except ImportError as error:
        raise ModelMissing(
            "an NLI model needs onnxruntime and tokenizers; type: pip install 'medaudit[nli]'"
        ) from error
    from onnxruntime.capi import onnxruntime_pybind11_state as ort

    options = onnxruntime.SessionOptions()
    # One thread: the order of additions, and so the last digits, stay the same.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
    except (ort.Fail, ort.InvalidGraph, ort.InvalidProtobuf, ort.NotImplemented) as error:
        raise ModelMissing(f"{folder} cannot be loaded as an NLI model: {error}") from error
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS, strategy="only_first")
    yield Entailer(sha256(folder / "model.onnx"), session, tokenizer, columns)


def _read(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises ``BadInput``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"is no JSON: {error}", file=str(path)) from error
    if not isinstance(found, dict):
        raise BadInput("is no JSON object", file=str(path))
    return found


def _columns(config: Path) -> tuple[int, ...]:
    """Which output stands for which label. Raises ``BadInput``."""
    try:
        named = _read(config)["id2label"]
        known = {str(label).lower(): int(place) for place, label in named.items()}
        return tuple(known[label] for label in LABELS)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"id2label does not name {', '.join(LABELS)}: {error}"
        raise BadInput(reason, file=str(config), field="id2label") from error
