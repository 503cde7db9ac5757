"""The frozen suite: the same bytes always, and damage named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medaudit import suite as suites
from medaudit.bank import load as load_cases
from medaudit.canonical import content_id, digest, dumps
from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.probes import NARRATIVE, REGISTRY, Piece, Probe, Rewriting, Skip, unchanged
from medaudit.records import Case
from medaudit.resources import data
from medaudit.suite import Suite, build, case_hash, freeze, load

NAMES = ("d1-aortic-dissection", "d2-metformin-egfr", "d4-expartner-address")
FILES = ("cases.jsonl", "manifest.json", "variants.jsonl")


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return load_cases(*(data() / "cases" / f"{name}.yaml" for name in NAMES))


@pytest.fixture(scope="module")
def demo(cases: list[Case]) -> Suite:
    return build(cases)


@pytest.fixture
def frozen(demo: Suite, tmp_path: Path) -> Path:
    return tmp_path / freeze(demo, tmp_path)


# --- what is built ------------------------------------------------------------------------


def test_the_demo_asks_seven_variants_of_each_case(demo: Suite, cases: list[Case]) -> None:
    assert demo.cases == tuple(cases)
    for case in cases:
        mine = [(v.probe, v.level) for v in demo.variants if v.case_id == case.id]
        assert mine == [("base", 0), *((name, 2) for name in NARRATIVE)]
    assert [p.name for p in demo.probes] == list(NARRATIVE)
    assert len({v.id for v in demo.variants}) == 21
    assert all(v.valid for v in demo.variants)


def test_the_base_is_the_case_as_written(demo: Suite) -> None:
    for case in demo.cases:
        base = next(v for v in demo.variants if v.case_id == case.id)
        told = " ".join(s.text for s in case.narrative)
        assert base.messages[-1].text.startswith(f"{told}\n\n{case.question}\n\n")
        assert (base.family, base.probe_version, base.seed, base.edits) == ("base", 1, 0, ())


def test_the_base_is_the_same_variant_under_every_seed(cases: list[Case]) -> None:
    one, two = build(cases, seed=1), build(cases, seed=2)
    ids = [{v.id for v in s.variants if v.probe == "base"} for s in (one, two)]
    assert ids[0] == ids[1]
    assert one.suite_id != two.suite_id


def test_an_id_is_the_hash_of_what_it_stands_for(demo: Suite) -> None:
    variant = demo.variants[3]
    case = next(c for c in demo.cases if c.id == variant.case_id)
    assert variant.id == content_id(
        {
            "case": digest(case.model_dump(mode="json", exclude={"status"})),
            "probe": variant.probe, "probe_version": 1, "level": 2, "seed": suites.SEED,
            "messages": [m.model_dump(mode="json") for m in variant.messages],
        }
    )  # fmt: skip


def test_a_review_changes_no_variant_but_another_word_does(cases: list[Case]) -> None:
    case = cases[0]
    accepted = case.model_copy(update={"status": "accepted"})
    assert case_hash(accepted) == case_hash(case)
    assert [v.id for v in build([accepted]).variants] == [v.id for v in build([case]).variants]
    assert build([accepted]).suite_id != build([case]).suite_id
    other = case.model_copy(update={"title": "Other"})
    assert case_hash(other) != case_hash(case)


def test_the_order_of_the_cases_does_not_matter(demo: Suite, cases: list[Case]) -> None:
    assert build(reversed(cases)) == demo


def test_levels_and_probes_are_chosen(cases: list[Case]) -> None:
    chosen = build(cases[:1], [REGISTRY.load("contradiction")], levels=(1, 3))
    assert [(v.probe, v.level) for v in chosen.variants] == [
        ("base", 0), ("contradiction", 1), ("contradiction", 3),
    ]  # fmt: skip


def test_no_case_and_two_cases_of_one_id_are_refused(cases: list[Case]) -> None:
    with pytest.raises(BadInput, match="at least one case"):
        build([])
    with pytest.raises(BadInput, match="same id"):
        build([cases[0], cases[0]])


def test_a_failing_variant_is_frozen_and_counted(cases: list[Case], tmp_path: Path) -> None:
    def lose(case: Case, level: int, rng: object) -> Rewriting | Skip:
        if case.id != "d1-aortic-dissection":
            return Skip("not today")
        pieces = unchanged(case).pieces[1:]
        return Rewriting((Piece("Hello.", "inserted"), *pieces))

    probe = Probe("lose", 4, "narrative", "Loses the first sentence.", lose, (1,))
    built = build(cases, [probe], levels=(1,))
    folder = tmp_path / freeze(built, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert (manifest["n_cases"], manifest["n_variants"], manifest["n_valid"]) == (3, 4, 3)
    assert manifest["counts"] == [
        {"probe": "base", "level": 0, "variants": 3, "valid": 3, "skipped": 0},
        {"probe": "lose", "level": 1, "variants": 1, "valid": 0, "skipped": 2},
    ]
    assert manifest["probes"] == [
        {"name": "lose", "version": 4, "family": "narrative", "levels": [1]}
    ]
    assert {f["check"] for f in manifest["failures"]} == {
        "sentences_kept", "facts_kept", "numbers_kept",
    }  # fmt: skip
    assert [s["reason"] for s in manifest["skipped"]] == ["not today"] * 2
    assert load(folder) == built


# --- what is frozen -----------------------------------------------------------------------


def test_what_is_loaded_is_what_was_built(demo: Suite, frozen: Path) -> None:
    assert load(frozen) == demo
    assert frozen.name == demo.suite_id
    assert sorted(p.name for p in frozen.parent.iterdir()) == [demo.suite_id]
    assert sorted(p.name for p in frozen.iterdir()) == list(FILES)


def test_the_manifest_names_every_case_and_no_time(demo: Suite, frozen: Path) -> None:
    manifest = json.loads((frozen / "manifest.json").read_bytes())
    assert manifest["suite_id"] == frozen.name
    assert [c["id"] for c in manifest["cases"]] == list(NAMES)
    assert [c["hash"] for c in manifest["cases"]] == [case_hash(c) for c in demo.cases]
    assert manifest["software"] == "medaudit 0.1.0"
    assert set(manifest) == {
        "suite_id", "software", "seed", "probes", "cases", "n_cases", "n_variants", "n_valid",
        "counts", "failures", "skipped", "files", "sha256",
    }  # fmt: skip


def test_freezing_again_changes_nothing(demo: Suite, frozen: Path) -> None:
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in frozen.iterdir()}
    assert freeze(demo, frozen.parent) == frozen.name
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in frozen.iterdir()} == before


def test_a_copy_under_another_name_is_the_same_suite(demo: Suite, frozen: Path) -> None:
    assert load(frozen.rename(frozen.parent / "copy")) == demo


def test_two_processes_freeze_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from medaudit import bank, suite; "
        "from medaudit.resources import data; "
        "cases = bank.load(*(data() / 'cases' / f'{n}.yaml' for n in sys.argv[2:])); "
        "suite.freeze(suite.build(cases, levels=(1, 2, 3)), Path(sys.argv[1]))"
    )
    found = []
    for seed in ("0", "4242"):
        folder = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-c", code, str(folder), *NAMES],
            env=environment,
            cwd=Path(__file__).resolve().parent.parent,
            check=True,
        )
        found.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.json*")})
    assert len(found[0]) == 3
    assert found[0] == found[1]


# --- damage -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_any_changed_byte_is_damage_in_that_file(frozen: Path, name: str) -> None:
    path = frozen / name
    good = path.read_bytes()

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, len(good) - 1), st.integers(1, 255))
    def flip(position: int, by: int) -> None:
        bad = bytearray(good)
        bad[position] ^= by
        path.write_bytes(bytes(bad))
        with pytest.raises(WorkspaceDamaged, match=f"{frozen.name}/{name} "):
            load(frozen)

    flip()
    for bad in (b"", good[:-1], good + b"\n", good + good):
        path.write_bytes(bad)
        with pytest.raises(WorkspaceDamaged, match=name):
            load(frozen)
    path.write_bytes(good)
    load(frozen)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(frozen: Path, name: str) -> None:
    (frozen / name).unlink()
    with pytest.raises(WorkspaceDamaged, match=name):
        load(frozen)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "{",
        "[" * 100_000,
        '{"a": "\\ud800", "sha256": ""}',
        '{"sha256": 1}',
        '{"a": NaN}',
        '"\\ud800"',
    ],
)
def test_a_manifest_of_another_kind_is_damage(frozen: Path, text: str) -> None:
    (frozen / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(WorkspaceDamaged, match=r"manifest\.json"):
        load(frozen)


def test_a_manifest_of_another_version_is_told_from_damage(frozen: Path) -> None:
    path = frozen / "manifest.json"
    value = json.loads(path.read_bytes())
    del value["sha256"]
    value["seal"] = "x"
    path.write_text(dumps({**value, "sha256": digest(value)}) + "\n", encoding="utf-8")
    with pytest.raises(WorkspaceDamaged, match=r"cannot read.*seal"):
        load(frozen)


def test_files_of_two_suites_do_not_mix(cases: list[Case], frozen: Path, tmp_path: Path) -> None:
    other = tmp_path / freeze(build(cases, levels=(3,)), tmp_path)
    (other / "variants.jsonl").write_bytes((frozen / "variants.jsonl").read_bytes())
    with pytest.raises(WorkspaceDamaged, match=r"variants\.jsonl"):
        load(other)


def test_a_damaged_suite_is_not_frozen_over(demo: Suite, frozen: Path) -> None:
    (frozen / "cases.jsonl").write_bytes(b"")
    with pytest.raises(WorkspaceDamaged, match=r"cases\.jsonl"):
        freeze(demo, frozen.parent)


def test_a_failed_write_leaves_nothing_behind(
    demo: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            freeze(demo, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert freeze(demo, tmp_path) == demo.suite_id


def test_a_race_is_won_by_either(
    demo: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process finishes the same suite between the look and the rename."""
    (tmp_path / "theirs").mkdir()
    done = tmp_path / "theirs" / freeze(demo, tmp_path / "theirs")
    real = suites._rename

    def late(temporary: Path, target: Path) -> None:
        done.rename(target)
        real(temporary, target)

    monkeypatch.setattr(suites, "_rename", late)
    assert freeze(demo, tmp_path / "ours") == demo.suite_id
    assert [p.name for p in (tmp_path / "ours").iterdir()] == [demo.suite_id]
    assert load(tmp_path / "ours" / demo.suite_id) == demo


# --- families, pairs and kinds ------------------------------------------------------------


def test_a_pair_begins_with_the_text_of_its_first_probe(cases: list[Case]) -> None:
    built = build(cases[:1], double=True)
    assert len(built.variants) == 1 + 6 + 15
    assert {v.family for v in built.variants} == {"base", "narrative", "double_stress"}
    pair = next(v for v in built.variants if v.probe == "contradiction.lay_idiom")
    assert (pair.probe_version, pair.level) == (101, 2)
    assert built.probes[-1].name == "temporal_scramble.lay_idiom"


def test_what_a_variant_declares_is_kept(cases: list[Case], tmp_path: Path) -> None:
    wanted = [REGISTRY.load(n) for n in ("answer_negation", "identity_label", "re_ask")]
    built = build(cases, wanted, levels=(1,))
    by = {(v.case_id, v.probe): v for v in built.variants}
    negation = by["d2-metformin-egfr", "answer_negation"]
    assert (negation.expectation, negation.expected) == ("changes_to", ("other_d",))
    label = by["d2-metformin-egfr", "identity_label"]
    assert label.group == label.arm
    assert label.clinically_relevant is False
    again, base = by["d2-metformin-egfr", "re_ask"], by["d2-metformin-egfr", "base"]
    assert again.messages == base.messages
    assert (again.control, again.edits) == ("re_ask", ())
    assert again.id != base.id
    reasons = {s.case_id: s.reason for s in built.skipped if s.probe == "answer_negation"}
    assert set(reasons) == {"d1-aortic-dissection", "d4-expartner-address"}
    assert load(tmp_path / freeze(built, tmp_path)) == built


def test_a_variant_without_new_fields_is_written_as_before(demo: Suite) -> None:
    for variant in demo.variants:
        assert not {"arm", "lifts"} & set(variant.model_dump(mode="json"))
