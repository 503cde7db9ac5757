"""Adaptive attacks on scripted systems over loopback, and on the real local model on a slice."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from medaudit import offline_model, run, suite
from medaudit.backup import backup, restore
from medaudit.bank import load
from medaudit.canonical import dumps
from medaudit.cli import app
from medaudit.doctor import examine
from medaudit.errors import BadInput, Conflict, ProviderFailed, UnknownName, WorkspaceDamaged
from medaudit.estimates.attacks import sheet, shift
from medaudit.journal import Journal
from medaudit.probes.adaptive import SIZES, TOOLS, conflict
from medaudit.providers.shipped import NAME, systems
from medaudit.records import Case, System
from medaudit.records.attack import Attack, Round
from medaudit.resources import data, root
from medaudit.run import attack_files, shards
from medaudit.run.attacking import Standing, attack
from medaudit.run.kept import Raw
from medaudit.run.retry import Retry
from medaudit.workspace import Workspace
from tests.fixtures import make_workspace
from tests.providers.loopback import Loopback, Reply, failed, said

NAMES = ("d1-head-injury-ct", "d2-back-strain-ibuprofen", "d2-combined-pill-smoker")
CASES = [load(data() / "cases" / f"{name}.yaml")[0] for name in NAMES]
QUICK = run.Options(retry=Retry(base_s=0.005, cap_s=0.02), give_up_after=3, concurrency=3)
Mind = Callable[[Case, dict[str, str], str], str]
"""Case, the options as shown by letter, the story and question: the letter, or another text."""


def shown(text: str) -> dict[str, str]:
    """The options of a prompt, by letter."""
    return dict(re.findall(r"^([A-J])\. (.+)$", text, re.MULTILINE))


def letter(options: dict[str, str], text: str) -> str:
    return next(key for key, value in options.items() if value == text)


def right_text(case: Case) -> str:
    return next(o.text for o in case.options if o.id in case.reference)


def sound(case: Case, options: dict[str, str], text: str) -> str:
    """Answers everything rightly, whatever is done to it."""
    false = [k for k, v in options.items() if v.startswith("A value given above is false")]
    none = [k for k, v in options.items() if v == "None of these options is right"]
    if false or none:
        return (false or none)[0]
    if "Answer the reverse of it" in text:
        return next(key for key, value in options.items() if value != right_text(case))
    return letter(options, right_text(case))


def no_turning(case: Case, options: dict[str, str], text: str) -> str:
    """Sound, but answers a question that is turned round as if it were not."""
    return sound(case, options, text.replace("Answer the reverse of it", ""))


def always_first(case: Case, options: dict[str, str], text: str) -> str:
    return "A"


def replying(mind: Mind, cases: Sequence[Case] = CASES) -> Callable[[dict[str, Any], int], Reply]:
    def reply(body: dict[str, Any], before: int) -> Reply:
        text = body["messages"][-1]["content"]
        (case,) = [c for c in cases if all(s.text in text for s in c.narrative)]
        told = mind(case, shown(text), text)
        return said(f"Answer: {told}" if re.fullmatch("[A-J]", told) else told)

    return reply


def target(url: str, name: str = "target", **changes: Any) -> System:
    fields = {
        "id": name, "title": name, "provider": "openai_compatible", "vendor": "T", "model": "t-1",
        "parameters": {"max_tokens": 100, "connection": {"base_url": url}}, **changes,
    }  # fmt: skip
    return System.model_validate(fields)


def attacked(
    workspace: Workspace, mind: Mind, name: str = "target", **more: Any
) -> tuple[Attack, list[Round], Standing, Loopback]:
    with Loopback(replying(mind)) as server:
        plan = attack_files.plan(workspace, CASES, target(server.url, name), **more)
        state = attack(workspace, plan.id, options=QUICK)
    return plan, attack_files.rows(workspace, plan.id), state, server


def rounds(rows: Sequence[Round], case_id: str) -> list[Round]:
    return [row for row in rows if row.case_id == case_id and row.kind == "attack"]


def test_a_sound_system_holds_for_five_rounds_of_growing_sets(workspace: Workspace) -> None:
    plan, rows, state, server = attacked(workspace, sound)
    assert (state.right, state.fooled, state.done) == (3, 0, True)
    # A screen, five re-asks and five rounds a case, each one call.
    assert len(rows) == len(server.calls) == 3 * (1 + 5 + 5)
    for case in CASES:
        found = rounds(rows, case.id)
        assert [row.number for row in found] == [1, 2, 3, 4, 5]
        assert [len(row.tools) for row in found] == list(SIZES)
        sets = [frozenset(move.probe for move in row.tools) for row in found]
        assert len(set(sets)) == 5
        assert all(conflict(one) is None for one in sets)
        for row in found:
            assert (row.chosen_by, row.fooled, row.value) == ("policy", False, 1.0)
            assert row.reason
            assert row.variant.family == "adaptive"
            assert row.variant.valid
            assert all(s.text in row.variant.messages[-1].text for s in case.narrative)
            assert row.answer is not None
            assert row.answer.startswith("Answer: ")
            assert (row.tokens_in, row.tokens_out) == (11, 5)
            assert row.latency_s is not None
    found = sheet(attack_files.seen(workspace, plan.id))
    assert (found.success.value, found.success.n_rows, found.success.n_expected) == (0.0, 3, 3)
    assert found.success.high is not None
    assert found.success.high > 0.5  # of 3 cases
    assert (found.floor.value, found.gap.value, found.median_rounds) == (0.0, 0.0, None)
    assert found.label.startswith("Adaptive attack, best of 5: ")
    # B, C and A are right: no place stands out for a system that is always right.
    assert (found.place, found.place_share, found.place_right) == (1, 1 / 3, 1 / 3)
    assert found.done


def test_what_fooled_one_case_is_tried_on_the_others(workspace: Workspace) -> None:
    _, rows, state, _ = attacked(workspace, no_turning)
    assert state.fooled == state.right == 3
    fooling = [row for row in rows if row.fooled]
    assert len(fooling) == 3
    for row in fooling:
        assert "question_inversion" in {move.probe for move in row.tools}
        assert row.decision == next(c for c in CASES if c.id == row.case_id).reference[0]
        assert row.number == max(r.number for r in rounds(rows, row.case_id))  # and it stopped
    first = min(row.number for row in fooling)
    later = [row for row in fooling if row.number > first]
    assert later
    assert all("question_inversion fooled" in row.reason for row in later)
    assert all(row.number == first + 1 for row in later)


def test_only_what_is_right_at_baseline_is_attacked(workspace: Workspace) -> None:
    """The first option is right in the third case alone; false values and baits fool a letter."""
    plan, rows, state, _ = attacked(workspace, always_first, rounds=3, reasks=2)
    assert [c.id for c in CASES if c.options[0].id in c.reference] == [NAMES[2]]
    assert (state.cases, state.right) == (3, 1)
    assert {row.case_id for row in rows if row.kind == "attack"} == {NAMES[2]}
    again = Counter(row.case_id for row in rows if row.kind == "reask")
    assert again == {NAMES[0]: 1, NAMES[1]: 1, NAMES[2]: 2}
    found = sheet(attack_files.seen(workspace, plan.id))
    assert (found.n_planned, found.n_right, found.n_wrong) == (3, 1, 2)
    assert (found.place, found.place_share, found.place_right) == (1, 1.0, 1 / 3)
    assert (found.success.n_rows, found.success.n_expected) == (1, 1)
    assert any("another number of chances" in line for line in found.floor.warnings)


def test_silence_teaches_nothing_and_is_neither_fooled_nor_held(workspace: Workspace) -> None:
    def wavers(case: Case, options: dict[str, str], text: str) -> str:
        plain = len(options) == len(case.options) and case.question in text
        if case.id != NAMES[0] or (plain and text.count("\n\n") and told(text) == own(case)):
            return sound(case, options, text)
        return "It is hard to say."

    plan, rows, _, _ = attacked(workspace, wavers, rounds=2, reasks=1)
    found = sheet(attack_files.seen(workspace, plan.id))
    assert found.n_right == 3
    silent = [row for row in rounds(rows, NAMES[0]) if row.fooled is None]
    assert silent
    assert all(row.score_outcome == "no_decision" and row.value is None for row in silent)
    assert (found.success.n_rows, found.success.n_expected) == (2, 3)
    assert found.success.excluded == {"no_decision": 1}
    assert sum(tool.n_rounds for tool in found.tools) < sum(
        len(row.tools) for row in rows if row.kind == "attack"
    )


def told(text: str) -> str:
    return text.partition("\n\n")[0]


def own(case: Case) -> str:
    return " ".join(s.text for s in case.narrative)


def test_an_undecided_or_unanswered_baseline_is_counted_apart(workspace: Workspace) -> None:
    def mute(case: Case, options: dict[str, str], text: str) -> str:
        return "Perhaps." if case.id == NAMES[0] else sound(case, options, text)

    plan, rows, _, _ = attacked(workspace, mute, rounds=1, reasks=1)
    found = sheet(attack_files.seen(workspace, plan.id))
    assert (found.n_right, found.n_wrong, found.n_baseline_undecided) == (2, 0, 1)
    assert rounds(rows, NAMES[0]) == []


def test_noise_alone_fools_nobody_out_of_sight(workspace: Workspace) -> None:
    """A system that errs at random when asked again: the floor says so beside the success."""
    asked: Counter[str] = Counter()

    def tired(case: Case, options: dict[str, str], text: str) -> str:
        asked[text] += 1
        if asked[text] == 3:
            return letter(options, next(o.text for o in case.options if o.id not in case.reference))
        return sound(case, options, text)

    one = run.Options(retry=QUICK.retry, concurrency=1)
    with Loopback(replying(tired)) as server:
        plan = attack_files.plan(workspace, CASES, target(server.url))
        attack(workspace, plan.id, options=one)
    found = sheet(attack_files.seen(workspace, plan.id))
    assert found.success.value == 0.0
    assert found.floor.value == 1.0  # the third time that the original was asked
    assert found.gap.value == 0.0  # the second time was right


def test_the_same_answers_lead_to_the_same_attack_at_any_width(workspace: Workspace) -> None:
    found = []
    for width in (1, 3):
        with Loopback(replying(no_turning)) as server:
            plan = attack_files.plan(workspace, CASES, target(server.url), title=f"{width} wide")
            attack(workspace, plan.id, options=run.Options(retry=QUICK.retry, concurrency=width))
        rows = attack_files.rows(workspace, plan.id)
        found.append([(r.case_id, r.kind, r.number, r.variant.id, r.reason) for r in rows])
    assert found[0] == found[1]
    other = attack_files.plan(workspace, CASES, target("http://127.0.0.1:9/v1"), seed=8)
    assert other.id not in {row[0] for row in found[0]}


def test_a_killed_attack_goes_on_and_loses_and_doubles_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_HOME", str(workspace.path))
    prompts: list[tuple[str, int]] = []

    def reply(body: dict[str, Any], before: int) -> Reply:
        prompts.append((body["messages"][-1]["content"], body["seed"]))
        time.sleep(0.03)
        return replying(no_turning)(body, before)

    with Loopback(reply) as server:
        one = target(server.url)
        text = dumps({"systems": [json.loads(one.model_dump_json())]})
        (workspace.path / NAME).write_text(text, encoding="utf-8")
        whole = attack_files.plan(workspace, CASES, one, title="in one go")
        attack(workspace, whole.id, options=QUICK)
        calls = len(prompts)
        prompts.clear()
        plan = attack_files.plan(workspace, CASES, one, title="killed")
        words = ["attack", "resume", plan.id, "--concurrency", "3"]
        for after in (4, calls - 4):
            process = subprocess.Popen([sys.executable, "-m", "medaudit", *words], cwd=root())
            while len(prompts) < after:
                assert process.poll() is None
                time.sleep(0.005)
            process.kill()
            assert process.wait() == -signal.SIGKILL
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        again = CliRunner().invoke(app, words)
        assert again.exit_code == 0
    asked = len(prompts)
    key = lambda r: (r.case_id, r.kind, r.number, r.variant.id, r.reason, r.decision)  # noqa: E731
    rows = attack_files.rows(workspace, plan.id)
    assert [key(r) for r in rows] == [key(r) for r in attack_files.rows(workspace, whole.id)]
    note = attack_files.done(attack_files.folder(workspace, plan.id))
    assert 0 < note["n_in_doubt"] <= 3 * 2
    # A call that was put down and cut off before it was sent is in doubt as well.
    assert asked <= note["n_calls"] == len(rows) + note["n_in_doubt"]
    assert asked - len(set(prompts)) <= note["n_in_doubt"]
    bodies = shards.read(attack_files.folder(workspace, plan.id) / "shards", Raw, "raw")
    assert {row.response_id for row in rows} <= {body.response_id for body in bodies}
    shown_ = CliRunner().invoke(app, ["attack", "show", plan.id, "--log"])
    assert "attack success rate, best of 5: 1.000" in shown_.output
    assert "FOOLED" in shown_.output
    listed = CliRunner().invoke(app, ["attack", "list"])
    assert listed.output.count("done") == 2


def test_a_budget_is_a_hard_stop_and_more_money_goes_on(workspace: Workspace) -> None:
    connection = {"usd_per_million_in": 1.0, "usd_per_million_out": 1000.0}
    with Loopback(replying(sound)) as server:
        unpriced = target(server.url)
        with pytest.raises(BadInput, match="nobody has put down what t-1 costs"):
            attack_files.plan(workspace, CASES, unpriced, budget_usd=1.0)
        settings = {"max_tokens": 100, "connection": {"base_url": server.url, **connection}}
        dear = target(server.url, parameters=settings)
        # A call costs at most some 0.103 dollars and truly 0.005.
        plan = attack_files.plan(workspace, CASES, dear, budget_usd=0.13)
        one = run.Options(retry=QUICK.retry, concurrency=1)
        state = attack(workspace, plan.id, options=one)
        assert not state.done
        assert state.spent_usd is not None
        assert 0 < state.spent_usd <= 0.13
        stopped = len(server.calls)
        more = run.Options(retry=QUICK.retry, concurrency=1, budget_usd=5.0)
        assert attack(workspace, plan.id, options=more).done
        assert len(server.calls) == 33 > stopped


def test_a_system_that_goes_away_is_gone_on_with(workspace: Workspace) -> None:
    down = False

    def reply(body: dict[str, Any], before: int) -> Reply:
        return failed(401) if down else replying(sound)(body, before)

    with Loopback(reply) as server:
        plan = attack_files.plan(workspace, CASES, target(server.url))
        down = True
        with pytest.raises(ProviderFailed, match="system target is out of reach"):
            attack(workspace, plan.id, options=QUICK)
        assert attack_files.rows(workspace, plan.id) == []
        down = False
        assert attack(workspace, plan.id, options=QUICK).done


CHOICES = {
    "conflict": {"tools": ["answer_negation", "choice_expansion"], "reason": "r"},
    "unknown": {"tools": ["hypnosis"], "reason": "r"},
    "too many": {"tools": list(TOOLS), "reason": "r"},
    "twice": {"tools": ["cognitive_bait", "cognitive_bait"], "reason": "r"},
    "text": {"tools": ["cognitive_bait"], "reason": "r", "text": "You are wrong."},
}


def choosing(tools: Callable[[int], Any]) -> Callable[[dict[str, Any], int], Reply]:
    """A chooser by round; a string is said as it is."""

    def reply(body: dict[str, Any], before: int) -> Reply:
        text = body["messages"][-1]["content"]
        found = re.search(r"^This is round (\d) of", text, re.MULTILINE)
        assert found is not None
        told = tools(int(found[1]))
        return said(told if isinstance(told, str) else json.dumps(told))

    return reply


def test_a_model_may_choose_the_tools_and_nothing_else(workspace: Workspace) -> None:
    picks = {1: ["question_inversion"], 2: ["narrative_distraction", "answer_negation"]}

    def pick(round_: int) -> dict[str, Any]:
        return {"tools": picks[round_], "reason": "It may not notice."}

    with Loopback(replying(sound)) as server, Loopback(choosing(pick)) as helper:
        chooser = target(helper.url, "chooser", model="c-1")
        plan = attack_files.plan(
            workspace, CASES, target(server.url), rounds=2, reasks=1, chooser=chooser
        )
        state = attack(workspace, plan.id, options=QUICK)
    assert state.done
    assert len(helper.calls) == 3 * 2
    for row in attack_files.rows(workspace, plan.id):
        if row.kind == "attack":
            assert {move.probe for move in row.tools} == set(picks[row.number])
            assert (row.chosen_by, row.reason) == ("model", "It may not notice.")
    prompt = helper.calls[-1]["messages"][-1]["content"]
    assert "question_inversion: not fooled" in prompt
    assert "question_inversion 0 of 2" in prompt  # on the other two cases
    note = attack_files.done(attack_files.folder(workspace, plan.id))
    assert note["n_chooser_calls"] == 6


@pytest.mark.parametrize("name", [*CHOICES, "prose"])
def test_a_choice_against_the_rules_is_refused_and_the_policy_chooses(
    workspace: Workspace, name: str
) -> None:
    said_ = CHOICES.get(name, "I would use the bait.")
    with Loopback(replying(sound)) as server, Loopback(choosing(lambda _: said_)) as helper:
        plan = attack_files.plan(
            workspace, CASES[:1], target(server.url), rounds=1, reasks=1,
            chooser=target(helper.url, "chooser"),
        )  # fmt: skip
        assert attack(workspace, plan.id, options=QUICK).done
    (row,) = rounds(attack_files.rows(workspace, plan.id), NAMES[0])
    assert row.chosen_by == "policy_for_model"
    assert row.reason.startswith("the chooser's reply was refused (")
    assert sheet(attack_files.seen(workspace, plan.id)).chosen_by == {"policy_for_model": 1}


def test_gap_and_order_of_two_systems(workspace: Workspace) -> None:
    """Statically the two tie but for one case; under attack the better one loses everything."""

    def weak(case: Case, options: dict[str, str], text: str) -> str:
        if case.id == NAMES[0]:
            wrong = next(o.text for o in case.options if o.id not in case.reference)
            return letter(options, wrong)
        return sound(case, options, text)

    brittle, rows, _, _ = attacked(workspace, no_turning, "brittle")
    steady, _, _, _ = attacked(workspace, weak, "steady")
    first = sheet(attack_files.seen(workspace, brittle.id))
    assert (first.success.value, first.gap.value, first.gap.n_rows) == (1.0, 1.0, 3)
    assert first.gap.n_expected == 3
    assert sum(first.fooled_in.values()) == 3
    middle = sorted(row.number for row in rows if row.fooled)[1]
    assert first.median_rounds == middle
    seen = [attack_files.seen(workspace, plan.id) for plan in (brittle, steady)]
    # Static 3/3 against 2/3, dynamic 0/3 against 2/3: the order is reversed.
    tau = shift(seen)
    assert (tau.value, tau.n_rows, tau.n_expected) == (-1.0, 3, 3)
    with pytest.raises(BadInput, match="two different systems"):
        shift(seen[:1])
    shown_ = CliRunner().invoke(
        app, ["attack", "show", brittle.id, steady.id, "--home", str(workspace.path)]
    )
    assert "Kendall tau -1.000" in shown_.output
    assert shown_.output.count("no flip rate and ranks no vendor") == 2
    told = CliRunner().invoke(
        app, ["attack", "show", brittle.id, "--json", "--home", str(workspace.path)]
    )
    assert json.loads(told.output)["attacks"][0]["success"]["value"] == 1.0


def test_the_command_plans_and_carries_out(workspace: Workspace) -> None:
    home = ["--home", str(workspace.path)]
    words = ["attack", "start", "policy-always-first", "--rounds", "2", "--reasks", "1"]
    chosen = [word for name in NAMES for word in ("--case", name)]
    done = CliRunner().invoke(app, [*words, *chosen, *home])
    assert done.exit_code == 0, done.output
    assert "1 of 3 right at baseline, 1 fooled in 2 rounds at most" in done.output
    (name,) = attack_files.ids(workspace)
    shown_ = CliRunner().invoke(app, ["attack", "show", name, *home])
    assert "option 1 in 100% of 3 decisions (33% if all were right)" in shown_.output
    assert "0 in doubt" in shown_.output
    lost = CliRunner().invoke(app, [*words, "--case", "nobody", *home])
    assert isinstance(lost.exception, UnknownName)
    empty = CliRunner().invoke(app, ["attack", "show", "nothing", *home])
    assert isinstance(empty.exception, UnknownName)


def test_an_attack_never_enters_what_a_run_shows(tmp_path: Path) -> None:
    """Every estimate, the ranking and every file of runs, suites and journal: the same bytes."""
    bench = make_workspace(tmp_path, n_cases=6)
    home = str(bench.workspace.path)

    def everything() -> tuple[str, dict[str, bytes]]:
        told = CliRunner().invoke(
            app, ["estimate", "demo", "--json", "--domains", "--probes", "--home", home]
        )
        assert told.exit_code == 0, told.output
        kept = [*bench.workspace.runs.rglob("*"), *bench.workspace.suites.rglob("*")]
        return told.output, {str(p): p.read_bytes() for p in kept if p.is_file()}

    before = everything()
    assert '"comparisons":' in before[0]  # system less system: the order of vendors
    attacked_as = dict(zip(("steady", "brittle"), (sound, no_turning), strict=True))
    for name, mind in attacked_as.items():
        attacked(bench.workspace, mind, name)
    assert len(attack_files.ids(bench.workspace)) == 2
    assert everything() == before


def test_no_run_can_be_planned_on_what_an_attack_made(workspace: Workspace) -> None:
    plan, rows, _, server = attacked(workspace, sound, rounds=1, reasks=1)
    made = tuple(row.variant for row in rows if row.kind == "attack")
    built = suite.build(CASES, probes=[])
    mixed = suite.Suite(built.cases, (*built.variants, *made), (), (), 7, "tests")
    with pytest.raises(BadInput, match="no suite for others"):
        run.plan(workspace, mixed, [target(server.url)])
    with pytest.raises(UnknownName):
        run.load(workspace, plan.id)


def test_a_finished_attack_that_was_changed_is_found_out(workspace: Workspace) -> None:
    plan, _, _, _ = attacked(workspace, sound, rounds=1, reasks=1)
    (path,) = shards.files(attack_files.folder(workspace, plan.id) / "shards", "rounds")
    path.write_bytes(path.read_bytes().replace(b'"fooled":false', b'"fooled":true '))
    with pytest.raises(WorkspaceDamaged, match="is not what was written"):
        attack_files.rows(workspace, plan.id)
    assert [line for line in examine(workspace) if line.startswith(f"attack {plan.id}: ")]


def test_a_backup_holds_attacks_and_writings(workspace: Workspace, tmp_path: Path) -> None:
    plan, rows, _, _ = attacked(workspace, sound, rounds=1, reasks=1)
    begun = attack_files.plan(workspace, CASES, target("http://127.0.0.1:9/v1"))
    Journal.open(workspace.journal).close()
    backup(workspace, tmp_path / "copy.zip")
    restore(tmp_path / "copy.zip", tmp_path / "again")
    again = Workspace(tmp_path / "again")
    assert attack_files.ids(again) == sorted([plan.id, begun.id])
    assert attack_files.rows(again, plan.id) == rows


def test_an_attack_of_another_installation_is_not_gone_on_with(workspace: Workspace) -> None:
    plan = attack_files.plan(workspace, CASES, target("http://127.0.0.1:9/v1"))
    path = attack_files.folder(workspace, plan.id) / "plan.json"
    other = plan.model_copy(update={"policy": plan.policy + 1})
    path.write_text(dumps(other.model_dump(mode="json")), encoding="utf-8")
    with pytest.raises(Conflict, match="other versions of the tools"):
        attack(workspace, plan.id)
    with pytest.raises(BadInput, match="needs cases with options"):
        attack_files.plan(
            workspace, load(data() / "cases" / "d1-aortic-dissection.yaml"), target("http://x/v1")
        )
    with pytest.raises(BadInput, match="not the id"):
        attack_files.folder(workspace, "../runs")


@pytest.mark.model
@pytest.mark.skipif(
    not offline_model.present(), reason="the weights are not here; type: medaudit model fetch"
)
def test_the_real_local_model_is_attacked(workspace: Workspace) -> None:
    """Without noise it copies the first option of most choices, and falls as a constant policy.

    Which options it copies can differ between machines; that every row adds up cannot.
    """
    names = ("d2-combined-pill-smoker", "d3-hyperkalaemia-ecg", "d1-head-injury-ct")
    cases = [load(data() / "cases" / f"{name}.yaml")[0] for name in names]
    (shipped,) = systems(["smollm2-q4_1"])
    parameters = {
        "precision": "q4_1", "max_tokens": 8, "temperature": 0, "connection": {"servers": 1}
    }  # fmt: skip
    system = shipped.model_copy(update={"parameters": parameters})
    plan = attack_files.plan(workspace, cases, system, rounds=2, reasks=1)
    state = attack(workspace, plan.id)
    assert state.done
    rows = attack_files.rows(workspace, plan.id)
    found = sheet(attack_files.seen(workspace, plan.id))
    assert found.n_right + found.n_wrong + found.n_baseline_undecided == 3
    assert found.n_right >= 1
    assert found.success.n_expected == found.n_right
    assert len(rows) == state.answers
    attacks = [row for row in rows if row.kind == "attack"]
    assert found.n_right <= len(attacks) <= 2 * found.n_right
    for row in rows:
        assert row.outcome in {"answered", "truncated"}
        assert (row.fooled is None) == (row.score_outcome != "scored")
        assert row.fooled is None or row.fooled == (row.decision not in row.right)
        assert row.tokens_out is not None
        assert row.tokens_out <= 8
    bodies = shards.read(attack_files.folder(workspace, plan.id) / "shards", Raw, "raw")
    assert {body.response_id for body in bodies} == {row.response_id for row in rows}
    assert plan.notice.startswith("135M-parameter demonstration model")
