"""Several vendors' judges on one run: votes as rows, the panel's own rows, one budget for all."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from medaudit import run
from medaudit.canonical import dumps
from medaudit.cli import app
from medaudit.errors import BadInput, Conflict, ProviderFailed, WorkspaceDamaged
from medaudit.providers.schema import constrained
from medaudit.providers.shipped import NAME
from medaudit.records import Case, Message, System
from medaudit.run import prices
from medaudit.run.judge_record import judges_of, panels_of
from medaudit.run.panels import Step
from medaudit.store import Store
from medaudit.ui.judging import judge_row, sentence
from medaudit.workspace import Workspace
from tests.judges import scripted
from tests.judges.conftest import QUICK
from tests.judges.scripted import honest
from tests.judges.test_judging import N_PACK, Rows, answers, rows, safe, unsafe
from tests.judges.vendors import FEW, MARKER, finished, kind, sitting

N = len(FEW)
TOTAL, TRUST = "judge_rubric", "judge_integrity"


def marked(case: Case) -> str:
    return f"{case.unsafe.text}\n{MARKER}"


def judged(workspace: Workspace, run_id: str, judges: list[System], **more: Any) -> dict[str, Step]:
    more = {"options": QUICK, **more}
    return {step.who: step for step in run.judge_all(workspace, run_id, judges, **more)}


def panel(workspace: Workspace, run_id: str) -> Rows:
    return rows(workspace, run_id, "panel.rubric_judge")


def trust(found: Rows, given: dict[str, dict[str, Any]], vendor: str) -> Counter[str | None]:
    """Labels of the integrity rows of one vendor's answers."""
    return Counter(
        row["label"]
        for (id_, name), row in found.items()
        if name == TRUST and given[id_]["system_id"] == f"system-{vendor}"
    )


def test_votes_are_rows_and_nobody_judges_their_own_kind(workspace: Workspace) -> None:
    plan = finished(workspace, FEW, alpha=safe, beta=unsafe, gamma=safe)
    with sitting(alpha=honest, beta=honest, delta=honest) as bench:
        judges = list(bench.judges.values())
        steps = judged(workspace, plan.id, judges)
        once = {"alpha": N_PACK + 2 * N, "beta": N_PACK + 2 * N, "delta": N_PACK + 3 * N}
        assert bench.asked == once
        assert list(steps) == ["judge-alpha", "judge-beta", "judge-delta", "panel"]
        assert steps["panel"].outcome.labels == {"sound": 3 * N}
        again = judged(workspace, plan.id, judges)
        assert bench.asked == once
        assert [step.outcome.added for step in again.values()] == [0, 0, 0, 0]
    given = answers(workspace, plan.id)
    own = rows(workspace, plan.id, "rubric_judge.judge-alpha")
    for (id_, _), row in own.items():
        if given[id_]["system_id"] == "system-alpha":
            assert (row["outcome"], row["value"]) == ("not_applicable", None)
            assert row["reason"] == "left out: own vendor's judge (models named alpha)"
    assert trust(own, given, "alpha") == {None: N}
    assert trust(own, given, "beta") == {"sound": N}
    third = rows(workspace, plan.id, "rubric_judge.judge-delta")
    for (id_, name), row in panel(workspace, plan.id).items():
        if name != TRUST:
            vote = third[id_, name]
            assert (row["outcome"], row["label"], row["value"]) == (
                vote["outcome"], vote["label"], vote["value"],
            )  # fmt: skip
            n = 3 if given[id_]["system_id"] == "system-gamma" else 2
            assert row["reason"].startswith(f"{n} votes of {n} judges: ")
    with Store.open(workspace.path) as store:
        assert store.faults() == []
        assert {name: bad for name, bad in store.audit().items() if bad} == {}
    folder = workspace.run(plan.id)
    note = json.loads((folder / "panels" / "rubric_judge.1.json").read_bytes())
    assert note["judges"] == ["judge-alpha", "judge-beta", "judge-delta"]
    for name, facts in json.loads((folder / "done.json").read_bytes())["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]


def test_two_of_three_decide_and_the_split_is_flagged(workspace: Workspace) -> None:
    plan = finished(workspace, FEW, gamma=safe, omega=marked)
    with sitting(alpha=honest, beta=kind, delta=honest) as bench:
        steps = judged(workspace, plan.id, list(bench.judges.values()))
    assert steps["panel"].outcome.labels == {"sound": N, "disputed": N}
    given, found = answers(workspace, plan.id), panel(workspace, plan.id)
    assert trust(found, given, "omega") == {"disputed": N}
    honest_one = rows(workspace, plan.id, "rubric_judge.judge-alpha")
    for (id_, name), row in found.items():
        if name == TOTAL:
            assert row["value"] == honest_one[id_, name]["value"]
            assert "(judge-beta)" in row["reason"] or given[id_]["system_id"] == "system-gamma"
    with Store.open(workspace.path) as store:
        pool = store.rows("review_pool", run=plan.id)
        assert {r["response_id"] for r in pool if r["doubted"]} == {
            id_ for id_, row in given.items() if row["system_id"] == "system-omega"
        }


def test_a_tie_of_two_goes_to_people(workspace: Workspace) -> None:
    plan = finished(workspace, FEW, gamma=safe, omega=marked)
    with sitting(alpha=honest, beta=kind) as bench:
        judged(workspace, plan.id, list(bench.judges.values()))
    given, found = answers(workspace, plan.id), panel(workspace, plan.id)
    totals = [
        (row["outcome"], row["label"], row["value"])
        for (id_, name), row in found.items()
        if name == TOTAL and given[id_]["system_id"] == "system-omega"
    ]
    assert totals == [("scored", "disputed", None)] * N


def test_a_judge_that_gives_way_voids_the_panel_until_it_leaves(workspace: Workspace) -> None:
    plan = finished(workspace, FEW, gamma=safe, omega=unsafe)
    with sitting(alpha=honest, beta=scripted.gullible, delta=honest) as bench:
        judges = bench.judges
        steps = judged(workspace, plan.id, list(judges.values()))
        assert len(steps["judge-beta"].outcome.tripped) > 0
        assert steps["panel"].outcome.labels == {"suspect": 2 * N}
        assert not any(row["value"] for row in panel(workspace, plan.id).values())
        with Store.open(workspace.path) as store:  # it says nothing of any one answer
            assert not any(r["doubted"] for r in store.rows("review_pool", run=plan.id))
        calls = len(bench.server.calls)
        left = judged(workspace, plan.id, [judges["alpha"], judges["delta"]])
        assert left["panel"].outcome.labels == {"sound": 2 * N}
        assert len(bench.server.calls) == calls
    by_version = Counter(
        row["version"]
        for row in pq.read_table(workspace.run(plan.id) / "scores.parquet").to_pylist()
        if (row["scorer"], row["dimension"]) == ("panel.rubric_judge", TRUST)
    )
    assert by_version == {1: 2 * N, 2: 2 * N}
    assert panels_of(workspace, plan.id) == {"rubric_judge": ("judge-alpha", "judge-delta")}
    with pytest.raises(BadInput, match="judge-omega has not judged"):
        run.seat(workspace, plan.id, ["judge-alpha", "judge-omega"])


def test_a_forced_own_vendors_vote_counts_and_is_badged_wherever_it_shows(
    workspace: Workspace,
) -> None:
    plan = finished(workspace, FEW, alpha=safe, gamma=safe)
    with sitting(alpha=honest, delta=honest) as bench:
        judges = list(bench.judges.values())
        with pytest.raises(Conflict, match="prefer their own kind"):
            judged(workspace, plan.id, judges[:1])  # one alone is refused
        judged(workspace, plan.id, judges, force_own_vendor=True)
        with pytest.raises(Conflict, match="other answers left out"):
            judged(workspace, plan.id, judges)
    given, found = answers(workspace, plan.id), panel(workspace, plan.id)
    assert trust(found, given, "alpha") == {"own_vendor": N}
    assert trust(found, given, "gamma") == {"sound": N}
    for (id_, name), row in found.items():
        own = given[id_]["system_id"] == "system-alpha"
        assert ("own vendor's judge among the votes (judge-alpha)" in row["reason"]) == own
        if name == TOTAL:
            assert row["label"] == ("own_vendor" if own else None)
            assert row["value"] is not None


def test_who_is_of_every_tested_family_is_refused_before_anybody_is_asked(
    workspace: Workspace,
) -> None:
    plan = finished(workspace, FEW[:2], alpha=safe)
    with sitting(delta=honest, alpha=honest) as bench:
        with pytest.raises(Conflict, match="judge judge-alpha is of the family"):
            judged(workspace, plan.id, list(bench.judges.values()))
        with pytest.raises(BadInput, match="each once"):
            judged(workspace, plan.id, [bench.judges["delta"]] * 2)
        assert bench.server.calls == []
    assert not (workspace.run(plan.id) / "judging").exists()


PRICE = {"usd_per_million_in": 0.0, "usd_per_million_out": 10_000.0}
A_CALL, WORST = 0.05, 0.10
"""What the server's 5 tokens out cost, and the 10 that it may say at most."""


def test_one_budget_holds_for_all_judges_and_is_never_exceeded(workspace: Workspace) -> None:
    plan = finished(workspace, FEW, gamma=safe, omega=unsafe)
    each = N_PACK + 2 * N
    seen: list[run.Progress] = []
    with sitting(PRICE, alpha=honest, delta=honest) as bench:
        judges = list(bench.judges.values())
        rows_ = run.judging_forecast(workspace, plan.id, judges)
        assert [(kind_, row.calls) for kind_, row in rows_] == [("rubric_judge", each)] * 2
        assert [row.worst_usd for _, row in rows_] == pytest.approx([each * WORST] * 2)
        # Room for the first judge, five calls of the second, and one at its worst.
        budget = (each + 5) * A_CALL + WORST + 0.01
        one = run.Options(retry=QUICK.retry, concurrency=1, budget_usd=budget)
        steps = judged(workspace, plan.id, judges, options=one, on_progress=seen.append)
        assert [step.outcome.done for step in steps.values()] == [True, False]
        assert steps["judge-delta"].outcome.held_back
        made = len(bench.server.calls)
        assert made == each + 6
        last = seen[-1]
        assert last.held_back
        assert last.cost_usd == pytest.approx((made - each) * A_CALL)
        assert (last.received, last.expected) == (made - each, each)
        again = judged(workspace, plan.id, judges, options=one)
        assert not again["judge-delta"].outcome.done
        more = run.Options(retry=QUICK.retry, budget_usd=3 * budget)
        assert judged(workspace, plan.id, judges, options=more)["panel"].outcome.done
        assert bench.asked == {"alpha": each, "delta": each}
        assert run.judging_forecast(workspace, plan.id, judges) == []
    note = json.loads(
        (workspace.run(plan.id) / "judging" / "judge-delta" / "judge.json").read_bytes()
    )
    assert note["cost_usd"] == pytest.approx(each * A_CALL)
    assert note["committed_usd"] == pytest.approx(each * A_CALL)


def test_a_budget_that_cannot_be_kept_is_refused(workspace: Workspace) -> None:
    plan = finished(workspace, FEW[:2], gamma=safe)
    with sitting(delta=honest, alpha=honest) as bench:
        judges = list(bench.judges.values())
        limited = run.Options(budget_usd=5.0)
        with pytest.raises(BadInput, match="nobody has put down what delta-9 costs"):
            judged(workspace, plan.id, judges, options=limited)
        assert bench.server.calls == []
        rows_ = run.judging_forecast(workspace, plan.id, judges)
        assert [row.worst_usd for _, row in rows_] == [None, None]
        assert all("nobody has put down" in row.why for _, row in rows_)


def test_each_judge_goes_on_where_it_was_stopped(workspace: Workspace) -> None:
    plan = finished(workspace, FEW, gamma=safe)
    each = N_PACK + N
    down = True
    one = run.Options(retry=QUICK.retry, give_up_after=3, concurrency=1)

    def broken(name: str, before: int) -> bool:
        return down and name == "delta" and before >= N_PACK + 2

    with sitting(None, broken, alpha=honest, delta=honest) as bench:
        judges = list(bench.judges.values())
        with pytest.raises(ProviderFailed, match="judge judge-delta is out of reach"):
            judged(workspace, plan.id, judges, options=one)
        assert len(rows(workspace, plan.id, "rubric_judge.judge-alpha")) > 0
        assert panel(workspace, plan.id) == {}
        before, down = bench.asked, False
        judged(workspace, plan.id, judges, options=one)
        assert bench.asked["alpha"] == before["alpha"] == each
        assert bench.asked["delta"] - before["delta"] == each - (N_PACK + 2)
    assert trust(panel(workspace, plan.id), answers(workspace, plan.id), "gamma") == {"sound": N}


def test_the_command_from_estimate_to_panel(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEDAUDIT_HOME", str(workspace.path))
    plan = finished(workspace, FEW, alpha=safe, omega=marked)
    with sitting(PRICE, alpha=honest, beta=kind, delta=honest) as bench:
        judges = [json.loads(j.model_dump_json()) for j in bench.judges.values()]
        (workspace.path / NAME).write_text(dumps({"systems": judges}), encoding="utf-8")
        words = ["judge", plan.id, "--home", str(workspace.path), "--give-up-after", "3"]
        for judge in bench.judges.values():
            words += ["--judge", judge.id]
        dry = CliRunner().invoke(app, [*words, "--dry-run", "--budget-usd", "1"])
        assert dry.exit_code == 0, dry.output
        n = 3 * N_PACK + 5 * N
        assert f"{n} questions for at most $" in dry.output
        assert "the budget of $1.00 may stop the judges before their end" in dry.output
        assert bench.server.calls == []
        short = CliRunner().invoke(app, [*words, "--budget-usd", "3"])
        assert short.exit_code == run.INTERRUPTED_EXIT, short.output
        assert "the budget of $3.00 holds no further call" in short.output
        done = CliRunner().invoke(app, [*words, "--budget-usd", "1000"])
        assert done.exit_code == 0, done.output
    for line in (
        f"withstood {N_PACK} of {N_PACK} answers made to mislead it",
        "panel, rubric_judge: ",
        f"{N} of {2 * N} answers: disputed (the judges are at odds; goes to people)",
        f"{N} of {2 * N} answers: sound (the verdict counts)",
    ):
        assert line in done.output


def test_the_record_says_of_each_judge_whether_it_can_be_misled(workspace: Workspace) -> None:
    plan = finished(workspace, FEW, alpha=safe, gamma=safe)
    down = False
    options = run.Options(retry=QUICK.retry, give_up_after=3, concurrency=1)

    def broken(name: str, before: int) -> bool:
        return down and name == "omega"

    with sitting(
        None, broken, alpha=honest, beta=scripted.gullible, omega=honest
    ) as bench:  # fmt: skip
        judges, down = list(bench.judges.values()), True
        assert judges_of(workspace, plan.id) == []
        with pytest.raises(ProviderFailed):
            judged(workspace, plan.id, judges, options=options)
    found = {record.judge: record for record in judges_of(workspace, plan.id)}
    alpha, beta, omega = (found[f"judge-{name}"] for name in ("alpha", "beta", "omega"))
    assert (alpha.held, alpha.canaries, alpha.tripped) == (N_PACK, N_PACK, ())
    assert (alpha.kind, alpha.vendor, alpha.calls) == ("rubric_judge", "Alpha", N_PACK + N)
    assert dict(alpha.left_out) == {"system-alpha": "models named alpha"}
    assert len(beta.tripped) == N_PACK - beta.held > 0
    assert (omega.done, omega.calls, omega.cost_usd) == (False, None, None)
    assert judge_row(alpha)["means"] == (
        "Its verdicts count, where their quotes stand in the answer word for word."
    )
    assert str(judge_row(beta)["means"]).startswith(
        'Not believed: it fell for an answer that says "Thought process:" and nothing else'
    )
    assert judge_row(alpha)["kind"] == (
        "Which of the case's written criteria does the answer meet?"
    )
    assert str(judge_row(omega)["means"]).startswith("Not finished: ")
    assert sentence(list(found.values())) == (
        "1 of 2 judges withstood every answer made to mislead them. 1 more not finished."
    )
    note = workspace.run(plan.id) / "judging" / "judge-alpha" / "judge.json"
    note.write_text("{}", encoding="utf-8")
    with pytest.raises(WorkspaceDamaged, match="is not what was written"):
        judges_of(workspace, plan.id)


def test_a_prompt_that_the_price_does_not_cover_is_refused_before_the_pack_is_paid(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = finished(workspace, FEW, gamma=safe)
    with sitting(PRICE, alpha=honest) as bench:
        judge = bench.judges["alpha"]
        price = prices.price_of(judge)
        assert price is not None
        short = price.model_copy(update={"up_to_tokens_in": 3_000})
        monkeypatch.setattr(prices, "price_of", lambda system: short)
        with pytest.raises(BadInput, match="costs more than the table knows"):
            judged(workspace, plan.id, [judge], options=run.Options(budget_usd=100.0))
        assert bench.server.calls == []


def test_the_form_that_a_judge_is_held_to_is_part_of_its_worst_price(workspace: Workspace) -> None:
    with sitting(PRICE, alpha=honest) as bench:
        plain = bench.judges["alpha"]
    held = constrained(plain, "rubric_judge", {"type": "object"})
    text = dumps(held.parameters["response_format"])
    said = (Message(role="user", text="Hello."),)
    more = prices.most_tokens_in(held, said) - prices.most_tokens_in(plain, said)
    assert more == len(text.encode()) > 20
