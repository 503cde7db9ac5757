"""Lines that were written whole are read back; torn ones are not; damage is named."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from medaudit.errors import WorkspaceDamaged
from medaudit.records import Attempt, Response
from medaudit.run import shards
from medaudit.run.received import Index, Received
from medaudit.run.shards import Shards

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def attempt(number: int, outcome: str = "answered", **changes: Any) -> Attempt:
    fields = {"response_id": "a" * 16, "number": number, "started": NOW, "ended": NOW}
    return Attempt.model_validate({**fields, "outcome": outcome, **changes})


def response(name: str = "a", **changes: Any) -> Response:
    fields: dict[str, Any] = {
        "id": name * 16,
        "run_id": "r",
        "system_id": "s",
        "case_id": "c",
        "variant_id": "b" * 16,
        "repeat": 0,
        "outcome": "answered",
        "text": "Line one\nline two\u2028three\x00",
        "finished": NOW,
    }
    return Response.model_validate({**fields, **changes})


def read(folder: Path) -> list[Response]:
    return list(shards.read(folder, Response, "answers"))


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    writer = Shards(tmp_path / "shards")
    writer.append("answers", response("a"), response("b"))
    writer.append("attempts", attempt(1))
    # Another process reads them before anything is synced or closed.
    assert read(tmp_path / "shards") == [response("a"), response("b")]
    writer.close()
    names = sorted(path.name for path in (tmp_path / "shards").iterdir())
    assert names == [f"answers-{os.getpid()}-1.jsonl", f"attempts-{os.getpid()}-1.jsonl"]


def test_nobody_appends_to_the_file_of_another_session(tmp_path: Path) -> None:
    for name in "ab":
        writer = Shards(tmp_path)
        writer.append("answers", response(name))
        writer.close()
    assert [path.name for path in shards.files(tmp_path)] == [
        f"answers-{os.getpid()}-1.jsonl",
        f"answers-{os.getpid()}-2.jsonl",
    ]
    assert read(tmp_path) == [response("a"), response("b")]


def test_a_torn_line_is_ignored_wherever_it_was_torn(tmp_path: Path) -> None:
    writer = Shards(tmp_path)
    writer.append("answers", response("a"), response("b"))
    writer.close()
    path = tmp_path / f"answers-{os.getpid()}-1.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        assert read(tmp_path) == [response("a")]
    path.write_bytes(whole[: first + 20] + b"\x00" * 50 + b"\n")
    assert read(tmp_path) == [response("a")]


def test_a_spoilt_line_before_a_good_one_is_damage(tmp_path: Path) -> None:
    line = response("a").model_dump_json().encode() + b"\n"
    (tmp_path / "answers-1-1.jsonl").write_bytes(line + line[:40] + b"\n" + line)
    with pytest.raises(WorkspaceDamaged, match=r"answers-1-1\.jsonl:2 is not what was written"):
        read(tmp_path)


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Shards(tmp_path)
    writer.append("answers", response("a"))
    real, calls = os.write, []

    def write(handle: int, data: Any) -> int:
        calls.append(1)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(handle, bytes(data)[:10])

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(WorkspaceDamaged, match="No space left on device; make room, then resume"):
        writer.append("answers", response("b"))
    monkeypatch.undo()
    writer.append("answers", response("c"))
    writer.close()
    assert read(tmp_path) == [response("a"), response("c")]


def test_calls_without_an_end_are_in_doubt_unless_their_answer_is_there(tmp_path: Path) -> None:
    writer = Shards(tmp_path)
    for number, name in ((1, "a"), (2, "a"), (1, "b"), (1, "c")):
        begun = attempt(number, "in_doubt", ended=None, response_id=name * 16)
        writer.append("started", begun)
    writer.append("attempts", attempt(1, "timeout"))
    writer.append("answers", response("a", attempts=2))
    writer.append("attempts", attempt(1, response_id="c" * 16))
    writer.close()
    received = Received.read(tmp_path)
    missing = {(a.response_id[0], a.number): (a.outcome, a.ended) for a in received.unrecorded()}
    assert missing == {("a", 2): ("answered", NOW), ("b", 1): ("in_doubt", None)}
    found = Index.read(tmp_path)
    assert {(a.response_id[0], a.number): (a.outcome, a.ended) for a in found.unrecorded} == missing
    assert (found.n_calls, found.n_in_doubt) == (4, 0)
    # Only what has no answer can be called again.
    assert found.answered == {int("a" * 16, 16)}
    assert found.numbers == {"b" * 16: 2, "c" * 16: 2}
    # Nobody said what these cost: the timeout, the answer without tokens, the call in doubt.
    assert found.unpriced == {"a" * 16: 2, "b" * 16: 1}


def test_of_merged_shards_the_first_answer_counts(tmp_path: Path) -> None:
    late = response("a", finished=NOW + timedelta(seconds=1), text="late")
    for number, answer in enumerate((late, response("a")), start=1):
        path = tmp_path / f"answers-{number}-1.jsonl"
        path.write_text(answer.model_dump_json() + "\n", encoding="utf-8")
    assert Received.read(tmp_path).answers == {"a" * 16: response("a")}


def test_only_shards_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    writer = Shards(folder)
    writer.append("answers", response("a"))
    writer.close()
    (folder / "notes.txt").write_text("mine")
    shards.remove(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
