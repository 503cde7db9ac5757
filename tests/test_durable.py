"""A file is whole under its name or not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from medaudit.durable import replacing, sha256


def test_a_draft_takes_its_place_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(b"before")

    def half() -> None:
        with replacing(path) as draft:
            draft.write_bytes(b"aft")
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        half()
    assert path.read_bytes() == b"before"
    with replacing(path) as draft:
        draft.write_bytes(b"after")
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert [p.name for p in tmp_path.iterdir()] == ["answers.json"]
    assert sha256(path) == hashlib.sha256(b"after").hexdigest()
