"""Texts as vectors by a small model that runs here, from a file that the user names.

Any embedding model in GGUF will do, such as all-MiniLM-L6-v2. Nothing is downloaded. The package
is that of the extra ``local``, imported inside the call.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medaudit.durable import sha256
from medaudit.errors import BadInput, ModelMissing

TOKENS = 512
"""What a model of this kind reads at most."""
CHARACTERS = 1500
"""Of a longer text the beginning is read: about 400 words' worth of tokens."""


class Embedder:
    """One loaded model; ``sha256``: of its file."""

    def __init__(self, path: Path, server: Any) -> None:
        self.sha256 = sha256(path)
        self._server = server

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector a text, of its first characters. Raises ``BadInput`` with the model's word."""
        reply = self._server.handle_embeddings({"input": [text[:CHARACTERS] for text in texts]})
        if not isinstance(reply, dict) or "data" not in reply:
            raise BadInput(f"the embedding model gave no vectors: {str(reply)[:200]}")
        return [list(map(float, found["embedding"])) for found in reply["data"]]


@contextmanager
def embedder(path: Path) -> Iterator[Embedder]:
    """The model of a file, loaded. Raises ``ModelMissing``."""
    if not path.is_file():
        raise ModelMissing(f"no such file: {path}; name an embedding model in GGUF")
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelMissing(
            "an embedding model needs the package xllamacpp; type: pip install 'medaudit[local]'"
        ) from error
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.embedding = True
    parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = TOKENS
    parameters.n_parallel = 1
    # One thread: the order of additions, and so the last digits, stay the same.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [secrets.token_urlsafe(24)]
    parameters.cache_ram_mib = 0
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = -1
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise ModelMissing(
            f"{path.name} cannot be loaded as an embedding model: {error}"
        ) from error
    yield Embedder(path, server)
