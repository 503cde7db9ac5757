"""A finished run put to scripted judges of every kind over loopback, through the real SDK."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run
from medaudit.judges import REGISTRY, pack
from medaudit.judges.kind import Judged, Kind, Put
from medaudit.records import Case, Response, Run
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.judges import scripted_kinds as scripted
from tests.judges.conftest import QUICK, judge_at
from tests.judges.scripted import bank
from tests.providers.loopback import Loopback, Reply, said

Answered = Callable[..., Run]
Rows = dict[tuple[str, str], dict[str, Any]]
SINGLE: list[Kind[Any]] = [REGISTRY.load(n) for n in scripted.NAMES if n != "pairwise"]
NAMED = pytest.mark.parametrize("kind", SINGLE, ids=lambda kind: kind.name)
PAIRWISE = REGISTRY.load("pairwise")


def fitting(kind: Kind[Any], n: int) -> list[Case]:
    """Cases of several domains that a kind has something to say on."""
    fit = [case for case in bank() if kind.applies(case, scripted.base(case)) is None]
    return fit[:: max(1, len(fit) // n)][:n]


def rows(workspace: Workspace, run_id: str, scorer: str) -> Rows:
    found = pq.read_table(workspace.run(run_id) / "scores.parquet").to_pylist()
    return {(r["response_id"], r["dimension"]): r for r in found if r["scorer"] == scorer}


def answers(workspace: Workspace, run_id: str) -> dict[str, dict[str, Any]]:
    found = pq.read_table(workspace.run(run_id) / "answers.parquet").to_pylist()
    return {row["response_id"]: row for row in found}


def accepted(found: Rows) -> list[dict[str, Any]]:
    """Rows of which a figure could be made."""
    return [row for row in found.values() if row["value"] is not None]


def bare(kind: Kind[Any], case: Case, text: str) -> dict[str, float | None]:
    """What an honest judge's verdicts come to where no prompt stands between it and the text."""
    put = Put(case, scripted.base(case), (text,))
    ids = {
        "statement": [], "kept": [], "anchors": [], "advice": [],
        **scripted.listed("\n".join(kind.fields(kind.parts[0], put).values())),
    }  # fmt: skip
    findings: dict[str, Any] = {}
    for part in kind.parts:
        reply = json.dumps(scripted.honest(kind, part, put, ids))
        findings |= kind.read(part, reply, put)
    response = Response.model_validate(
        {
            "id": "1" * 16, "run_id": "run", "system_id": "s", "case_id": case.id,
            "variant_id": "0" * 16, "repeat": 0, "outcome": "answered", "text": text,
            "finished": "2026-06-01T00:00:00Z",
        }
    )  # fmt: skip
    return {s.dimension: s.value for s in kind.scores("j", case, response, Judged(findings))}


@NAMED
def test_the_hardening_moves_no_benign_score_and_every_attack_is_flagged(
    kind: Kind[Any], workspace: Workspace, answered: Answered
) -> None:
    """Examples and attacks as answers of systems, before an honest judge of each kind."""
    cases = fitting(kind, 4)
    part = kind.parts[-1]
    attacks: dict[str, Callable[[Case], str]] = {
        name.replace("_", "-"): (lambda case, name=name: pack.attack(name, kind, case, part))
        for name in pack.SHAPES
    }
    good, bad = (lambda case: case.safe.text), (lambda case: case.unsafe.text)
    plan = answered(cases, good=good, bad=bad, **attacks)
    before = {p.name: p.read_bytes() for p in workspace.run(plan.id).iterdir() if p.is_file()}
    with Loopback(scripted.replying(kind)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=kind, options=QUICK)
        n_calls = len(server.calls)
        again = run.judge(workspace, plan.id, judge_at(server.url), kind=kind, options=QUICK)
        assert (again.added, len(server.calls)) == (0, n_calls)
    assert (found.done, found.tripped) == (True, ())
    # No judge changes what rules found either: its word stands beside the result.
    untouched = (
        "plan.json",
        "answers.parquet",
        "attempts.parquet",
        "raw.parquet",
        "results.parquet",
    )
    for name in untouched:
        assert (workspace.run(plan.id) / name).read_bytes() == before[name]
    made = rows(workspace, plan.id, f"{kind.name}.judge-j")
    given, of = answers(workspace, plan.id), {case.id: case for case in cases}
    drift: list[float] = []
    flagged: Counter[str] = Counter()
    for id_, row in given.items():
        label = made[id_, "judge_integrity"]["label"]
        if row["system_id"] in ("good", "bad"):
            assert label == "sound"
            for dimension, value in bare(kind, of[row["case_id"]], row["text"]).items():
                said_ = made[id_, dimension]["value"]
                assert (said_ is None) == (value is None)
                drift += [] if value is None else [said_ - value]
        else:
            flagged[row["system_id"]] += label == "suspect"
    assert drift
    assert abs(100 * sum(drift) / len(drift)) <= 1.0
    assert set(drift) == {0.0}
    wanted = len(cases) * len(attacks)
    assert sum(flagged.values()) / wanted >= 0.95
    assert sum(flagged.values()) == wanted
    forged = {id_ for id_, row in given.items() if row["system_id"] in attacks}
    assert accepted({key: r for key, r in made.items() if key[0] in forged}) == []
    if kind.name != "reasoning_trace":  # which has nothing against a wrong answer as such
        mean = {
            system: sum(
                made[id_, kind.total]["value"]
                for id_, r in given.items()
                if r["system_id"] == system
            )
            for system in ("good", "bad")
        }
        assert mean["good"] > mean["bad"]
    with Store.open(workspace.path) as store:
        assert {name: bad for name, bad in store.audit().items() if bad} == {}


FAULTS = ("lies", "broken", "fenced", "unknown", "silent")


@NAMED
def test_a_reply_that_lies_or_is_broken_or_names_what_is_not_there_is_no_verdict(
    kind: Kind[Any], workspace: Workspace, answered: Answered
) -> None:
    cases = fitting(kind, 2)
    marks = {fault: f"Second opinion welcome, room {n}." for n, fault in enumerate(FAULTS)}

    def reply(body: dict[str, Any], before: int) -> Reply:
        prompt = scripted.seen(kind, body)
        found = scripted.by_rules(kind, prompt)
        fault = next((f for f, mark in marks.items() if mark in prompt.put.text), "")
        return said(spoilt(kind, prompt, found, fault))

    def system(fault: str) -> Callable[[Case], str]:
        return lambda case: f"{case.safe.text}\n{marks[fault]}"

    plan = answered(cases, good=lambda c: c.safe.text, **{f: system(f) for f in FAULTS})
    with Loopback(reply) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=kind, options=QUICK)
    assert found.tripped == ()
    made, given = rows(workspace, plan.id, f"{kind.name}.judge-j"), answers(workspace, plan.id)
    for id_, row in given.items():
        fault = row["system_id"]
        own = {key: r for key, r in made.items() if key[0] == id_}
        integrity = own[id_, "judge_integrity"]
        if fault == "good":
            assert integrity["label"] == "sound"
            continue
        assert accepted(own) == []
        assert integrity["label"] == ("suspect" if fault == "lies" else "needs_review")
        for (_, dimension), score in own.items():
            if dimension != "judge_integrity":
                assert (score["outcome"], score["label"]) == ("failed", "needs_review")
                assert score["evidence"] == "[]"


def spoilt(kind: Kind[Any], prompt: scripted.Seen, found: Any, fault: str) -> str:
    whole = json.dumps(found)
    if fault == "lies":
        return json.dumps(lying(kind, prompt))
    if fault == "unknown":
        return whole_with_unknown(kind, prompt, found)
    return {"broken": whole[:-3], "fenced": f"```json\n{whole}\n```", "silent": "", "": whole}[
        fault
    ]


def lying(kind: Kind[Any], prompt: scripted.Seen) -> Any:
    """A well-formed reply with words that the answer does not hold."""
    quote = "as the famous owl of Utrecht has shown"
    found = scripted.by_rules(kind, prompt)
    if kind.name == "hallucination":
        row = {"code": scripted.CODE[prompt.part], "quote": quote, "stands_in": "answer"}
        return {"findings": [{**row, "harm": "mild"}]}
    if kind.name == "reasoning_trace":
        return {**found, "findings": [{"quote": quote, "source": "in_neither"}]}
    rows_ = next(rows for rows in found.values() if isinstance(rows, list))
    rows_[0]["quote"] = quote
    return found


def whole_with_unknown(kind: Kind[Any], prompt: scripted.Seen, found: Any) -> str:
    """A well-formed reply that names a code, class or source of its own making."""
    if kind.name == "hallucination":
        row = {"code": "made_up", "quote": prompt.put.text[:5], "stands_in": "answer"}
        return json.dumps({"findings": [{**row, "harm": "mild"}]})
    if kind.name == "reasoning_trace":
        return json.dumps({**found, "findings": [{"quote": "", "source": "elsewhere"}]})
    rows_ = next(rows for rows in found.values() if isinstance(rows, list))
    rows_[0]["id"] = "made_up"
    return json.dumps(found)


def test_a_kind_that_gave_way_is_believed_in_nothing_and_other_kinds_are_not_touched(
    workspace: Workspace, answered: Answered
) -> None:
    kind = REGISTRY.load("hallucination")
    cases = fitting(kind, 3)
    plan = answered(cases, good=lambda case: case.safe.text)
    with Loopback(scripted.replying(kind, scripted.obeys)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=kind, options=QUICK)
        n_pack = found.canaries
        assert len(server.calls) == n_pack == len(kind.parts) * (2 + len(pack.SHAPES) + 1)
    assert found.labels == {"suspect": 3}
    made = rows(workspace, plan.id, "hallucination.judge-j")
    assert len(made) == 3 * (30 + 2)
    assert accepted(made) == []
    assert "the judge gave way to" in made[next(iter(made))[0], "judge_hallucination"]["reason"]
    action = REGISTRY.load("action_judge")
    with Loopback(scripted.replying(action)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=action, options=QUICK)
    assert found.labels == {"sound": 3}
    assert {p.name for p in (workspace.run(plan.id) / "judging").iterdir()} == {
        "judge-j@hallucination", "judge-j@action_judge"
    }  # fmt: skip
    note = workspace.run(plan.id) / "judging" / "judge-j@action_judge" / "judge.json"
    assert json.loads(note.read_bytes())["prompt"]["sha256"] == action.prompt_sha256()


def test_another_judge_makes_new_rows_and_asks_no_system_again(
    workspace: Workspace, answered: Answered
) -> None:
    kind = REGISTRY.load("seven_dimensions")
    plan = answered(fitting(kind, 2), good=lambda case: case.safe.text)  # whose server is gone
    with Loopback(scripted.replying(kind)) as server:
        first = run.judge(workspace, plan.id, judge_at(server.url), kind=kind, options=QUICK)
        kept = rows(workspace, plan.id, "seven_dimensions.judge-j")
        other = judge_at(server.url, "judge-k")
        second = run.judge(workspace, plan.id, other, kind=kind, options=QUICK)
    assert first.added == second.added == 2 * 10
    assert rows(workspace, plan.id, "seven_dimensions.judge-j") == kept
    assert len(rows(workspace, plan.id, "seven_dimensions.judge-k")) == len(kept)


def test_a_case_that_a_kind_does_not_fit_is_not_asked_about(
    workspace: Workspace, answered: Answered
) -> None:
    kind = REGISTRY.load("privacy_guard")
    private = [case for case in bank() if case.domain == "D4"][:1]
    other = [c for c in bank() if c.domain == "D1" and not c.secrets][:2]
    plan = answered([*private, *other], good=lambda case: case.safe.text)
    with Loopback(scripted.replying(kind)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=kind, options=QUICK)
    assert found.labels == {"sound": 1, "not_applicable": 2}
    assert len(server.calls) == found.canaries + 1
    plan = answered(other, good=lambda case: case.safe.text)
    with Loopback(scripted.replying(kind)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=kind, options=QUICK)
    assert (server.calls, found.labels) == ([], {"not_applicable": 2})


def test_a_preference_counts_in_both_orders_and_a_place_is_a_tie(
    workspace: Workspace, answered: Answered
) -> None:
    """Three systems: safe, unsafe, and one on whose answers the judge picks what stands first."""
    mark = "Second opinion welcome."

    def judge(kind: Kind[Any], prompt: scripted.Seen) -> Any:
        if any(mark in answer for answer in prompt.put.answers):
            return {"better": "first", "quote": prompt.put.answers[0].splitlines()[0]}
        return scripted.by_rules(kind, prompt)

    cases = fitting(PAIRWISE, 3)
    plan = answered(
        cases,
        good=lambda case: case.safe.text,
        bad=lambda case: case.unsafe.text,
        third=lambda case: f"{case.safe.text}\n{mark}",
    )
    with Loopback(scripted.replying(PAIRWISE, judge)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=PAIRWISE, options=QUICK)
        assert len(server.calls) == 2 * (found.canaries + 3 * len(cases))
    assert found.tripped == ()
    made, given = rows(workspace, plan.id, "pairwise.judge-j"), answers(workspace, plan.id)
    assert len(made) == len(given) * 2 * 3
    for id_, row in given.items():
        system = row["system_id"]
        for other in {"good", "bad", "third"} - {system}:
            score, held = made[id_, f"preference.{other}"], made[id_, f"order_consistency.{other}"]
            if "third" in (system, other):
                assert (score["value"], score["label"]) == (0.5, "tie")
                assert (held["value"], held["label"]) == (0.0, "position_bias")
            else:
                assert (score["value"], held["value"]) == (float(system == "good"), 1.0)
            assert made[id_, f"judge_integrity.{other}"]["label"] == "sound"
    with Store.open(workspace.path) as store:
        assert {name: bad for name, bad in store.audit().items() if bad} == {}


def test_pairs_with_an_attack_a_lie_or_no_answer_have_no_preference(
    workspace: Workspace, answered: Answered
) -> None:
    mark = "Second opinion welcome."

    def judge(kind: Kind[Any], prompt: scripted.Seen) -> Any:
        found = scripted.by_rules(kind, prompt)
        lie = any(mark in answer for answer in prompt.put.answers)
        return {"better": "second", "quote": "nowhere"} if lie else found

    cases = fitting(PAIRWISE, 2)
    attacks: dict[str, Callable[[Case], str]] = {
        name.replace("_", "-"): (lambda case, name=name: pack.attack(name, PAIRWISE, case))
        for name in pack.SHAPES
    }
    plan = answered(
        cases,
        good=lambda case: case.safe.text,
        liar=lambda case: f"{case.safe.text}\n{mark}",
        none=lambda case: " ",
        **attacks,
    )
    with Loopback(scripted.replying(PAIRWISE, judge)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), kind=PAIRWISE, options=QUICK)
    assert found.tripped == ()
    made = rows(workspace, plan.id, "pairwise.judge-j")
    assert accepted(made) == []
    given = answers(workspace, plan.id)
    for id_, row in given.items():
        if row["system_id"] == "good":
            suspect = {n: made[id_, f"judge_integrity.{n}"]["label"] for n in (*attacks, "liar")}
            assert set(suspect.values()) == {"suspect"}
            assert made[id_, "preference.none"]["outcome"] == "not_applicable"
        if row["system_id"] == "none":
            assert made[id_, "preference.good"]["outcome"] == "no_answer"
