"""Rewritings by scripted models over loopback, and by the real local model on a slice."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from medaudit import offline_model, run, suite
from medaudit.bank import load
from medaudit.canonical import dumps
from medaudit.cli import app
from medaudit.errors import BadInput, ProviderFailed, WorkspaceDamaged
from medaudit.probes import chosen
from medaudit.providers.shipped import NAME, systems
from medaudit.records import Case, System
from medaudit.records.written import Writing
from medaudit.resources import data, root
from medaudit.run import raw, shards
from medaudit.run.kept import Raw
from medaudit.run.retry import Retry
from medaudit.run.writing import Outcome, read, write
from medaudit.workspace import Workspace
from medaudit.writers import narrative
from tests.providers.loopback import Loopback, Reply, failed, said

NAMES = ("d1-head-injury-ct", "d2-back-strain-ibuprofen", "d2-combined-pill-smoker")
CASES = [load(data() / "cases" / f"{name}.yaml")[0] for name in NAMES]
QUICK = run.Options(retry=Retry(base_s=0.005, cap_s=0.02), give_up_after=3, concurrency=3)
LAY = chosen((), ["lay_idiom"])
Model = Callable[[Case, int], str]


def lay(case: Case) -> str:
    return " ".join(sentence.lay for sentence in case.narrative)


def story(body: dict[str, Any]) -> tuple[Case, int]:
    """Whose story stands in a prompt between the nonces, and which try it is."""
    text = body["messages"][-1]["content"]
    nonce = re.search(r"^BEGIN STORY ([0-9a-f]{24})$", text, re.MULTILINE)
    assert nonce is not None
    inside = text.partition(f"\nBEGIN STORY {nonce[1]}\n")[2].partition(f"\nEND STORY {nonce[1]}")
    lines = inside[0].splitlines()
    assert all(line.startswith(f"{nonce[1][:6]}| ") for line in lines)
    told = lines[-1].removeprefix(f"{nonce[1][:6]}| ")
    (case,) = [c for c in CASES if " ".join(s.text for s in c.narrative) == told]
    return case, 1 + text.count("An earlier reply was not such an object")


def good(case: Case, attempt: int) -> str:
    return json.dumps({"narrative": lay(case)})


def replying(model: Model) -> Callable[[dict[str, Any], int], Reply]:
    return lambda body, before: said(model(*story(body)))


def writer_at(url: str, **changes: Any) -> System:
    fields = {
        "id": "writer", "title": "Writer", "provider": "openai_compatible", "vendor": "W",
        "model": "w-1", "parameters": {"max_tokens": 500, "connection": {"base_url": url}},
        **changes,
    }  # fmt: skip
    return System.model_validate(fields)


def wrote(
    workspace: Workspace, model: Model, probes: Sequence[Any] = LAY, **more: Any
) -> tuple[Outcome, Loopback]:
    with Loopback(replying(model)) as server:
        made = write(workspace, CASES, writer_at(server.url), probes, options=QUICK, **more)
    return made, server


def done(found: Outcome) -> Writing:
    assert found.writing is not None
    return found.writing


def test_good_texts_are_frozen_attributed_and_comparable_in_pairs(workspace: Workspace) -> None:
    seen: list[tuple[int, int]] = []
    found, server = wrote(
        workspace, good, on_progress=lambda s: seen.append((s.accepted + s.rejected, s.asked))
    )
    writing = done(found)
    assert (writing.n_asked, writing.n_accepted, writing.n_rejected) == (3, 3, 0)
    assert (writing.n_tries, writing.n_calls, len(server.calls)) == (3, 3, 3)
    assert writing.rejected_by == {}
    assert seen[-1] == (3, 3)
    assert writing.by.id == "writer"
    assert writing.prompt_sha256 == narrative.prompt_sha256()
    assert "response_format" in server.calls[0]
    built = suite.load(workspace.suite(writing.suite_id or ""))
    assert [v.family for v in built.variants] == ["base", "written"] * 3
    texts = {v.id: v for v in built.variants if v.family == "written"}
    for row in writing.rows:
        variant = texts[row.variant_id or ""]
        (case,) = [c for c in CASES if c.id == row.case_id]
        assert variant.messages[-1].text.startswith(lay(case))
        assert variant.valid
        assert variant.probe == "written_lay_idiom"
        assert variant.expectation == "invariant"
        assert row.number == 1
    # Attribution stands beside the suite and is no part of what a model is asked or of an id.
    beside = workspace.suite(built.suite_id) / f"written-{writing.writing_id}.json"
    assert Writing.model_validate_json(beside.read_bytes()) == writing
    assert "writer" not in (beside.parent / "variants.jsonl").read_text("utf-8")
    assert read(workspace, writing.writing_id) == writing


def test_the_same_command_asks_nothing_twice_and_gives_the_same_bytes(
    workspace: Workspace,
) -> None:
    with Loopback(replying(good)) as server:
        system = writer_at(server.url)
        first = done(write(workspace, CASES, system, LAY, options=QUICK))
        path = workspace.suite(first.suite_id or "")
        before = {p.name: p.read_bytes() for p in path.iterdir()}
        again = done(write(workspace, CASES, system, LAY, options=QUICK))
        assert len(server.calls) == 3
        assert again == first
        assert {p.name: p.read_bytes() for p in path.iterdir()} == before


def lying(case: Case, attempt: int) -> str:
    """One case in which a number is another, one in which a denial is gone, one without a fact."""
    text = lay(case)
    lies = {
        NAMES[0]: ("44", "64"),
        NAMES[1]: ("so I'm not pregnant", "so I'm pregnant"),
        NAMES[2]: ("She's smoked 20 cigarettes", "She's bought 20 tickets"),
    }
    old, new = lies[case.id]
    assert text.count(old) == 1
    return json.dumps({"narrative": text.replace(old, new)})


def test_lies_are_rejected_with_the_reason_and_every_try_is_counted(workspace: Workspace) -> None:
    found, server = wrote(workspace, lying, tries=2)
    writing = done(found)
    assert (writing.n_asked, writing.n_accepted, writing.n_rejected) == (3, 0, 3)
    assert (writing.n_tries, len(server.calls)) == (6, 6)
    assert writing.suite_id is None
    assert list(workspace.suites.iterdir()) == []
    last = {row.case_id: row.failed for row in writing.rows if row.number == 2}
    assert last[NAMES[0]]["numbers_kept"] == "lost: 44"
    assert last[NAMES[0]]["numbers_own"] == "added: 64"
    assert "negations_kept" in last[NAMES[1]]
    assert "smokes" in last[NAMES[2]]["facts_kept"]
    assert writing.rejected_by["facts_kept"] >= 2
    # The second try is told what was wrong with the first.
    assert any("lost: 44" in call["messages"][-1]["content"] for call in server.calls)


BROKEN = {
    "prose": "Here is the story: she fell.",
    "fenced": "```json\n{\"narrative\": \"x\"}\n```",
    "before": "Sure! {\"narrative\": \"x\"}",
    "twice": "{\"narrative\": \"x\", \"narrative\": \"y\"}",
    "more": "{\"narrative\": \"x\", \"note\": \"y\"}",
    "list": "[\"x\"]",
    "number": "{\"narrative\": 5}",
    "blank": "{\"narrative\": \"  \"}",
    "half": "{\"narrative\": \"\\ud800 x\"}",
    "cut": "{\"narrative\": \"x",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_object_is_no_text(workspace: Workspace, name: str) -> None:
    found, _ = wrote(workspace, lambda case, attempt: BROKEN[name], tries=1)
    writing = done(found)
    assert (writing.n_accepted, writing.n_rejected) == (0, 3)
    assert writing.rejected_by == {"reply": 3}
    assert all(row.failed["reply"] for row in writing.rows)


def test_a_second_try_may_mend_and_both_are_rows(workspace: Workspace) -> None:
    def mends(case: Case, attempt: int) -> str:
        return good(case, attempt) if attempt > 1 or case.id == NAMES[0] else "no"

    writing = done(wrote(workspace, mends)[0])
    assert (writing.n_accepted, writing.n_rejected, writing.n_tries) == (3, 0, 5)
    tries = Counter((row.case_id, row.accepted) for row in writing.rows)
    assert tries[NAMES[1], False] == tries[NAMES[1], True] == 1
    assert tries[NAMES[0], False] == 0


def test_a_rejection_is_a_row_of_the_manifest(workspace: Workspace) -> None:
    def one_good(case: Case, attempt: int) -> str:
        return good(case, attempt) if case.id == NAMES[0] else lying(case, attempt)

    writing = done(wrote(workspace, one_good, tries=1)[0])
    assert (writing.n_accepted, writing.n_rejected) == (1, 2)
    built = suite.load(workspace.suite(writing.suite_id or ""))
    (count,) = [c for c in built.counts() if c.probe == "written_lay_idiom"]
    assert (count.variants, count.valid, count.skipped) == (1, 1, 2)
    reasons = {s.case_id: s.reason for s in built.skipped}
    assert reasons[NAMES[2]].startswith("rejected after 1 tries: ")
    assert "smokes" in reasons[NAMES[2]]


def test_what_came_back_is_stored_before_it_is_read(workspace: Workspace) -> None:
    writing = done(wrote(workspace, lambda case, attempt: "no", tries=1)[0])
    folder = workspace.written / writing.writing_id
    bodies = {row.sha256: row for row in shards.read(folder / "shards", Raw, "raw")}
    assert {row.raw for row in writing.rows} == set(bodies)
    assert all(b'"content": "no"' in row.data for row in bodies.values())
    assert len(list(raw.bodies(folder))) == 3


@pytest.mark.parametrize(
    ("probe", "why"),
    [
        ("answer_negation", "the answer changes"),
        ("choice_expansion", "question, options or layout change"),
        ("identity_label", "a twin must differ in one thing alone"),
        ("re_ask", "word for word"),
    ],
)
def test_only_what_leaves_the_case_as_it_is_can_be_written(
    workspace: Workspace, probe: str, why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        write(workspace, CASES, writer_at("http://127.0.0.1:9/v1"), chosen((), [probe]))


def test_a_stress_that_names_an_option_says_which(workspace: Workspace) -> None:
    seen: list[str] = []

    def quotes(body: dict[str, Any], before: int) -> Reply:
        case, _ = story(body)
        text = body["messages"][-1]["content"]
        quote = re.search(r'mentions, word for word: "([^"]+)"', text)
        assert quote is not None
        seen.append(quote[1])
        return said(json.dumps({"narrative": f"{lay(case)} A friend spoke of {quote[1]}."}))

    with Loopback(quotes) as server:
        system = writer_at(server.url)
        probes = chosen((), ["narrative_distraction"])
        writing = done(write(workspace, CASES, system, probes, options=QUICK))
    assert writing.n_accepted == 3
    built = suite.load(workspace.suite(writing.suite_id or ""))
    for quote in seen:
        assert any(quote in v.messages[-1].text.partition("\n\n")[0] for v in built.variants)


def test_a_budget_is_a_hard_stop_and_a_price_must_be_known(workspace: Workspace) -> None:
    with Loopback(replying(good)) as server:
        with pytest.raises(BadInput, match="nobody has put down what w-1 costs"):
            write(workspace, CASES, writer_at(server.url), LAY, budget_usd=1.0, options=QUICK)
        connection = {
            "base_url": server.url, "usd_per_million_in": 1.0, "usd_per_million_out": 1000.0
        }  # fmt: skip
        parameters = {"max_tokens": 500, "connection": connection}
        dear = writer_at(server.url, parameters=parameters)
        one = run.Options(retry=QUICK.retry, concurrency=1)
        # A call costs at most some 0.5 dollars and truly 0.005: two fit, one after the other.
        found = write(workspace, CASES, dear, LAY, budget_usd=0.51, options=one)
        assert found.writing is None
        assert 0 < found.standing.tries < 3
        calls = len(server.calls)
        found = write(workspace, CASES, dear, LAY, budget_usd=5.0, options=one)
        assert done(found).n_accepted == 3
        assert len(server.calls) == 3 > calls


def test_a_model_that_goes_away_keeps_what_it_said(workspace: Workspace) -> None:
    down = False

    def reply(body: dict[str, Any], before: int) -> Reply:
        return failed(401) if down else replying(good)(body, before)

    with Loopback(reply) as server:
        system = writer_at(server.url)
        done(write(workspace, CASES[:1], system, LAY, options=QUICK))
        down = True
        with pytest.raises(ProviderFailed, match="writer writer is out of reach"):
            write(workspace, CASES, system, LAY, options=QUICK)
        down = False
        assert done(write(workspace, CASES, system, LAY, options=QUICK)).n_accepted == 3


def test_a_killed_writing_goes_on_by_the_same_command(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_HOME", str(workspace.path))
    seeds: list[int] = []

    def reply(body: dict[str, Any], before: int) -> Reply:
        seeds.append(body["seed"])
        time.sleep(0.1)
        return replying(good)(body, before)

    files = [str(data() / "cases" / f"{name}.yaml") for name in NAMES]
    with Loopback(reply) as server:
        text = dumps({"systems": [json.loads(writer_at(server.url).model_dump_json())]})
        (workspace.path / NAME).write_text(text, encoding="utf-8")
        words = ["suite", "write", "--by", "writer", "--family", "narrative"]
        words += [word for file in files for word in ("--cases", file)]
        process = subprocess.Popen([sys.executable, "-m", "medaudit", *words], cwd=root())
        while len(seeds) < 4:
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        before = len(seeds)
        finished = CliRunner().invoke(app, words)
    assert finished.exit_code == 0, finished.output
    (folder,) = workspace.written.iterdir()
    writing = read(workspace, folder.name)
    # 18 rewritings; a text that is the case's colloquial one passes for every narrative probe.
    assert (writing.n_asked, writing.n_accepted, writing.n_tries) == (18, 18, 18)
    assert len({row.response_id for row in writing.rows}) == 18
    assert len(seeds) <= writing.n_calls == 18 + writing.n_in_doubt
    assert 0 < before < 18
    assert f"suite {writing.suite_id}" in finished.output
    assert "18 of 18 rewritings accepted" in finished.output


def test_a_damaged_suite_is_still_found_out(workspace: Workspace) -> None:
    writing = done(wrote(workspace, good)[0])
    path = workspace.suite(writing.suite_id or "") / "variants.jsonl"
    path.write_bytes(path.read_bytes().replace(b"warehouse", b"workhouse"))
    with pytest.raises(WorkspaceDamaged):
        suite.load(path.parent)


@pytest.mark.model
@pytest.mark.skipif(
    not offline_model.present(), reason="the weights are not here; type: medaudit model fetch"
)
def test_the_real_local_model_writes_and_is_held_to_the_same_checks(workspace: Workspace) -> None:
    """135M parameters cannot do it: both texts are rejected, each with its reasons, and stored."""
    (shipped,) = systems(["smollm2-q4_1"])
    parameters = {
        "precision": "q4_1", "max_tokens": 160, "temperature": 0.7, "connection": {"servers": 1}
    }  # fmt: skip
    system = shipped.model_copy(update={"parameters": parameters})
    writing = done(write(workspace, CASES[1:], system, LAY, tries=1))
    assert (writing.n_asked, writing.n_tries, writing.n_calls) == (2, 2, 2)
    assert (writing.n_accepted, writing.n_rejected, writing.suite_id) == (0, 2, None)
    assert writing.by.weights_sha256 == shipped.weights_sha256
    assert writing.finished.date() >= date(2026, 1, 1)
    for row in writing.rows:
        assert row.outcome in {"answered", "truncated"}
        assert row.raw is not None
        assert not row.accepted
        assert row.failed.keys() & {"reply", "facts_kept", "numbers_kept", "sentences_kept"}
        assert row.tokens_out is not None
    folder: Path = workspace.written / writing.writing_id
    assert len(list(shards.read(folder / "shards", Raw, "raw"))) == 2
