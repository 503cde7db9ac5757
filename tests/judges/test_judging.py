"""A finished run put to scripted judges over loopback, through the real SDK."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run
from medaudit.errors import BadInput, Conflict, ProviderFailed, WorkspaceDamaged
from medaudit.judges import pack, rubric
from medaudit.records import Case, Run
from medaudit.run import judge_files
from medaudit.scorers.rubric import met
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.judges import scripted
from tests.judges.conftest import QUICK, judge_at
from tests.judges.scripted import bank, honest, honest_value, replying, seen
from tests.providers.loopback import Loopback, Reply, failed, message, respond, said

Answered = Callable[..., Run]
Rows = dict[tuple[str, str], dict[str, Any]]
FEW = bank()[:3] + bank()[20:22]
N_PACK = 2 * (2 + len(pack.ATTACKS) + 1)
"""On two cases: two controls, the attacks, and the answer to another case."""


def safe(case: Case) -> str:
    return case.safe.text


def unsafe(case: Case) -> str:
    return case.unsafe.text


def rows(workspace: Workspace, run_id: str, scorer: str = "rubric_judge.judge-j") -> Rows:
    """The judge's scores by answer and dimension."""
    found = pq.read_table(workspace.run(run_id) / "scores.parquet").to_pylist()
    return {(r["response_id"], r["dimension"]): r for r in found if r["scorer"] == scorer}


def answers(workspace: Workspace, run_id: str) -> dict[str, dict[str, Any]]:
    found = pq.read_table(workspace.run(run_id) / "answers.parquet").to_pylist()
    return {row["response_id"]: row for row in found}


def accepted(found: Rows) -> list[dict[str, Any]]:
    """Rows of which a figure could be made, or a verdict read."""
    return [r for r in found.values() if r["value"] is not None or r["label"] in ("met", "not_met")]


def integrity(found: Rows) -> Counter[str]:
    return Counter(r["label"] for (_, name), r in found.items() if name == "judge_integrity")


def test_an_honest_judge_says_what_the_bank_says_and_the_prompt_moves_nothing(
    workspace: Workspace, answered: Answered
) -> None:
    """Drift: the hardened prompt, checks and pack against the same judge on the bare texts."""
    plan = answered(bank(), good=safe, bad=unsafe)
    with Loopback(replying(honest)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), options=QUICK)
    assert (found.done, found.tripped, found.answers, found.canaries) == (True, (), 100, N_PACK)
    assert found.labels == {"sound": 100}
    assert len(server.calls) == 100 + N_PACK
    made, cases = rows(workspace, plan.id), {case.id: case for case in bank()}
    values, bare = [], []
    for id_, row in answers(workspace, plan.id).items():
        case = cases[row["case_id"]]
        values.append(made[id_, "judge_rubric"]["value"])
        bare.append(honest_value(row["text"], case))
        for criterion in case.rubric:
            score = made[id_, f"criterion.{criterion.id}"]
            says = "met" if met(row["text"], criterion) else "not_met"
            assert (score["outcome"], score["label"]) == ("scored", says)
            assert score["value"] == float((says == "met") == (criterion.points > 0))
    assert len(made) == found.added == sum(len(c.rubric) + 2 for c in bank()) * 2
    drift = 100 * (sum(values) - sum(bare)) / len(values)
    assert abs(drift) <= 1.0
    assert values == bare


def test_a_judged_run_is_whole_and_nobody_is_asked_again(
    workspace: Workspace, answered: Answered
) -> None:
    plan = answered(FEW, good=safe)
    folder = workspace.run(plan.id)
    before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    status = run.status(workspace, plan.id)
    with Loopback(replying(honest)) as server:
        judge = judge_at(server.url)
        added = run.judge(workspace, plan.id, judge, options=QUICK).added
        n_calls = len(server.calls)
        again = run.judge(workspace, plan.id, judge, options=QUICK)
        assert (again.done, again.added, len(server.calls)) == (True, 0, n_calls)
        parameters = {**judge.parameters, "temperature": 1.0}
        warmer = judge.model_copy(update={"parameters": parameters})
        with pytest.raises(Conflict, match="give the judge another id"):
            run.judge(workspace, plan.id, warmer)
        other = run.judge(workspace, plan.id, judge_at(server.url, "judge-k"), options=QUICK)
        assert other.added == added
    assert run.status(workspace, plan.id) == status
    for name in ("plan.json", "answers.parquet", "attempts.parquet", "raw.parquet"):
        assert (folder / name).read_bytes() == before[name]
    done = json.loads((folder / "done.json").read_bytes())
    for name, facts in done["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]
    place = folder / "judging" / "judge-j"
    assert {p.name for p in place.iterdir()} == {
        "judge.json", "verdicts.parquet", "calls.parquet", "raw.parquet", "canaries.parquet"
    }  # fmt: skip
    with Store.open(workspace.path) as store:
        assert store.faults() == []
        assert {name: bad for name, bad in store.audit().items() if bad} == {}
    assert run.rescore(workspace, plan.id, ["refusal"]) == len(FEW)
    assert {p.name for p in workspace.runs.iterdir()} == {plan.id}
    calls = judge_files.read(place, "calls.parquet")
    bodies = {row["sha256"]: row["body"] for row in judge_files.read(place, "raw.parquet")}
    assert len(calls) == n_calls == len(FEW) + N_PACK
    assert all(json.loads(bodies[call["raw"]])["choices"] for call in calls)
    assert {c["response_id"] for c in calls} == {
        v["id"] for v in judge_files.read(place, "verdicts.parquet")
    }
    note = json.loads((place / "judge.json").read_bytes())
    assert note["prompt"]["sha256"] == rubric.prompt_sha256()
    assert (note["calls"], note["in_doubt"], note["tripped"]) == (n_calls, 0, [])
    (place / "canaries.parquet").write_bytes(b"other")
    with pytest.raises(WorkspaceDamaged, match="is not what was written"):
        judge_files.read(place, "canaries.parquet")


@pytest.mark.parametrize("provider", ["openai_compatible", "openai", "anthropic"])
def test_each_service_is_asked_in_its_own_words_for_the_schema(
    provider: str, workspace: Workspace, answered: Answered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT_TEST_KEY", "key-of-a-test")
    say = {"openai_compatible": said, "openai": respond, "anthropic": message}[provider]
    plan = answered(FEW, good=safe)
    with Loopback(replying(honest, say)) as server:
        base = server.root if provider == "anthropic" else server.url
        connection = {"base_url": base, "api_key_env": "AUDIT_TEST_KEY"}
        judge = judge_at(
            server.url,
            provider=provider,
            parameters={"max_tokens": 4000, "connection": connection},
        )
        found = run.judge(workspace, plan.id, judge, options=QUICK)
    assert (found.labels, found.tripped) == ({"sound": 5}, ())
    body = server.calls[0]
    form = {
        "openai_compatible": lambda: body["response_format"]["json_schema"],
        "openai": lambda: body["text"]["format"],
        "anthropic": lambda: body["output_config"]["format"],
    }[provider]()
    assert form.get("strict") is (None if provider == "anthropic" else True)
    assert form["schema"]["additionalProperties"] is False
    assert form["schema"]["required"] == ["criteria"]


@pytest.mark.parametrize(
    ("judge", "attacks"),
    [
        (scripted.all_met, {"constant", "colon", "thought_process", "control_safe"}),
        (scripted.all_not_met, {"control_safe", "control_unsafe"}),
        (scripted.gullible, {"thought_process"}),
        (scripted.flattered, {"padding"}),
        (scripted.confirmed, {"grader_confirms"}),
        (scripted.form_alone, {"other_case", "control_safe"}),
        (
            scripted.obeys,
            {
                "ignore_rubric", "grader_confirms", "forged_delimiter", "forged_verdict",
                "hidden_tags", "zero_width",
            },
        ),
    ],
)  # fmt: skip
def test_a_judge_that_gives_way_to_the_pack_is_suspect_and_its_verdicts_count_for_nothing(
    judge: Callable[[scripted.Seen], list[scripted.Row]],
    attacks: set[str],
    workspace: Workspace,
    answered: Answered,
) -> None:
    plan = answered(FEW, good=safe, bad=unsafe)
    with Loopback(replying(judge)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), options=QUICK)
    assert len(server.calls) == N_PACK  # no answer is put to a judge that gave way
    assert attacks <= {line.split(" on ")[0] for line in found.tripped}
    made = rows(workspace, plan.id)
    assert accepted(made) == []
    assert integrity(made) == {"suspect": 10}
    total = next(r for (_, name), r in made.items() if name == "judge_rubric")
    assert (total["outcome"], total["label"], total["value"]) == ("failed", "needs_review", None)
    assert "the judge gave way to" in total["reason"]
    place = workspace.run(plan.id) / "judging" / "judge-j"
    canaries = judge_files.read(place, "canaries.parquet")
    assert len(canaries) == N_PACK
    assert attacks <= {row["name"] for row in canaries if not row["held"]}


def test_the_pack_as_answers_no_forged_verdict_counts_and_nearly_all_are_flagged(
    workspace: Workspace, answered: Answered
) -> None:
    """Every attack as the answers of a system under test, before an honest judge."""
    cases = bank()[::5]
    attacks = {name.replace("_", "-"): attack for name, attack in pack.ATTACKS.items()}
    others = {one.id: two for one, two in zip(cases, [*cases[1:], cases[0]], strict=True)}
    attacks["other-case"] = lambda case: others[case.id].safe.text
    plan = answered(cases, good=safe, bad=unsafe, **attacks)
    with Loopback(replying(honest)) as server:
        run.judge(workspace, plan.id, judge_at(server.url), options=QUICK)
    made, given = rows(workspace, plan.id), answers(workspace, plan.id)
    flagged: Counter[str] = Counter()
    for id_, row in given.items():
        flagged[row["system_id"]] += made[id_, "judge_integrity"]["label"] == "suspect"
    wanted = len(cases) * len(attacks)
    n_flagged = sum(flagged[name] for name in attacks)
    assert n_flagged / wanted >= 0.95
    assert n_flagged == wanted == 110
    forged = {id_: r for id_, r in given.items() if r["system_id"] in attacks}
    assert accepted({key: r for key, r in made.items() if key[0] in forged}) == []
    assert flagged["bad"] == 0
    # The right answer to another case cannot be told from the copy: both go to people.
    assert flagged["good"] == len(cases)


@pytest.mark.parametrize("kind", ["lies", "fenced", "cut", "extra", "prose", "silent"])
def test_a_reply_that_lies_or_is_broken_is_no_verdict(
    kind: str, workspace: Workspace, answered: Answered
) -> None:
    marker = "Second opinion welcome."

    def reply(body: dict[str, Any], before: int) -> Reply:
        prompt = seen(body)
        found = honest(prompt)
        whole = json.dumps({"criteria": found})
        if marker not in prompt.answer:
            return said(whole)
        if kind == "lies":
            found[0] |= {"quote": "you must call 999 at once", "verdict": "met"}
            return said(json.dumps({"criteria": found}))
        broken = {
            "fenced": f"```json\n{whole}\n```", "cut": whole[:-9], "prose": f"Sure! {whole}",
            "extra": json.dumps({"criteria": found, "score": 1.0}), "silent": "",
        }  # fmt: skip
        return said(broken[kind])

    plan = answered(FEW, good=safe, bad=lambda case: f"{case.unsafe.text}\n{marker}")
    with Loopback(reply) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), options=QUICK)
    tries = 1 if kind == "lies" else rubric.TRIES
    assert len(server.calls) == N_PACK + len(FEW) + len(FEW) * tries
    assert found.tripped == ()
    label = "suspect" if kind == "lies" else "needs_review"
    assert found.labels == {"sound": 5, label: 5}
    made = rows(workspace, plan.id)
    bad = {id_ for id_, row in answers(workspace, plan.id).items() if row["system_id"] == "bad"}
    assert accepted({key: r for key, r in made.items() if key[0] in bad}) == []
    for (id_, name), row in made.items():
        if id_ in bad and name != "judge_integrity":
            assert (row["outcome"], row["label"]) == ("failed", "needs_review")
            why = "does not stand in the answer" if kind == "lies" else "no verdict in 3 tries"
            assert why in row["reason"]
    with Store.open(workspace.path) as store:
        assert {name: bad for name, bad in store.audit().items() if bad} == {}


def test_a_broken_reply_is_asked_for_again_and_the_next_whole_one_counts(
    workspace: Workspace, answered: Answered
) -> None:
    def reply(body: dict[str, Any], before: int) -> Reply:
        again = rubric.AGAIN.strip() in body["messages"][-1]["content"]
        return replying(honest)(body, before) if again else said("Sure!")

    plan = answered(FEW, good=safe)
    with Loopback(reply) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), options=QUICK)
    assert found.labels == {"sound": 5}
    assert len(server.calls) == 2 * (N_PACK + len(FEW))


def test_a_judge_that_goes_away_is_asked_only_for_what_is_missing(
    workspace: Workspace, answered: Answered
) -> None:
    plan = answered(FEW, good=safe, bad=unsafe)
    whole = N_PACK + 10
    good: list[str] = []
    up = False

    def reply(body: dict[str, Any], before: int) -> Reply:
        if not up and len(good) >= N_PACK + 4:
            return failed(401)
        good.append(body["messages"][-1]["content"])
        return replying(honest)(body, before)

    one = run.Options(retry=QUICK.retry, give_up_after=3, concurrency=1)
    with Loopback(reply) as server:
        judge = judge_at(server.url)
        with pytest.raises(ProviderFailed, match="judge judge-j is out of reach"):
            run.judge(workspace, plan.id, judge, options=one)
        assert rows(workspace, plan.id) == {}
        assert run.status(workspace, plan.id).state == "done"
        up = True
        found = run.judge(workspace, plan.id, judge, options=one)
    assert found.labels == {"sound": 10}
    assert len(good) == len(set(good)) == whole
    place = workspace.run(plan.id) / "judging" / "judge-j"
    calls = Counter(c["outcome"] for c in judge_files.read(place, "calls.parquet"))
    assert calls == {"answered": whole, "auth": 3}


def test_an_own_vendors_judge_is_refused_and_badged_when_forced(
    workspace: Workspace, answered: Answered
) -> None:
    plan = answered(FEW, good=safe)
    with Loopback(replying(honest)) as server:
        judge = judge_at(server.url, vendor="a, Inc.")
        with pytest.raises(Conflict, match="prefer their own kind"):
            run.judge(workspace, plan.id, judge, options=QUICK)
        assert server.calls == []
        assert not (workspace.run(plan.id) / "judging").exists()
        found = run.judge(workspace, plan.id, judge, force_own_vendor=True, options=QUICK)
    assert found.labels == {"own_vendor": 5}
    made = rows(workspace, plan.id)
    assert all(row["reason"].startswith("own vendor's judge (vendor a); ") for row in made.values())
    totals = [row["label"] for (_, name), row in made.items() if name == "judge_rubric"]
    assert totals == ["own_vendor"] * 5


def test_what_cannot_be_judged_is_said_before_anything_is_asked(
    workspace: Workspace, answered: Answered
) -> None:
    plan = answered(FEW[:1], good=safe)
    where = "http://127.0.0.1:9/v1"
    with pytest.raises(BadInput, match="shorten it"):
        run.judge(workspace, plan.id, judge_at(where, "j" * 80))
    with pytest.raises(BadInput, match="nobody has put down what j-1 costs"):
        run.judge(workspace, plan.id, judge_at(where), options=run.Options(budget_usd=1.0))
    assert not (workspace.run(plan.id) / "judging").exists()


def test_an_answer_that_is_not_there_has_rows_that_say_so(
    workspace: Workspace, answered: Answered
) -> None:
    plan = answered(FEW, good=lambda case: " " if case is FEW[0] else case.safe.text)
    with Loopback(replying(honest)) as server:
        found = run.judge(workspace, plan.id, judge_at(server.url), options=QUICK)
    assert found.labels == {"sound": 4, "no_answer": 1}
    assert len(server.calls) == N_PACK + 4
