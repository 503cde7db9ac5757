"""The six image tests of three systems whose answers are known, worked out by hand.

Three cases, one repeat, all that the tests ask. ``reader`` reads every image and abstains without
one; ``guesser`` knows each key by heart; ``refuser`` never commits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from medaudit import suite
from medaudit.cli import app
from medaudit.errors import UnknownName
from medaudit.estimates.image_tests import ImageTests, image_tests
from medaudit.probes import REGISTRY
from medaudit.store import Store
from tests.imaging.reading import answered_run, cases, suite_of

Found = dict[str, ImageTests]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    home = tmp_path_factory.mktemp("images")
    workspace, run_id = answered_run(home, suite_of(), "reader", "guesser", "refuser")
    with Store.open(workspace.path) as store:
        yield {n: image_tests(store, run_id, n) for n in ("reader", "guesser", "refuser")}
        with pytest.raises(UnknownName, match="nobody"):
            image_tests(store, run_id, "nobody")


def values(tests: ImageTests) -> list[float | None]:
    return [term.value for term in tests.terms]


def test_who_reads_the_image_loses_only_without_it(found: Found) -> None:
    """T1: 3 of 3 with the image, 0 of 3 without. The other four cost nothing."""
    assert values(found["reader"]) == [1.0, 0.0, 0.0, 0.0, 0.0, None]
    assert found["reader"].robustness.value == pytest.approx(1 - 1 / 5)
    assert found["reader"].originals.value == found["reader"].abstention.value == 1.0


def test_who_knows_the_key_by_heart_fails_where_the_image_must_count(found: Found) -> None:
    """T2: right without the image, (1 - .2) / .8; T5: 3 of 3 before, 0 after."""
    assert values(found["guesser"]) == [0.0, 1.0, 0.0, 0.0, 1.0, None]
    assert found["guesser"].robustness.value == pytest.approx(1 - 2 / 5)
    assert found["guesser"].abstention.value == 0.0


def test_who_never_commits_loses_nothing_and_the_total_says_why(found: Found) -> None:
    refuser = found["refuser"]
    assert values(refuser) == [0.0, 0.0, None, 0.0, 0.0, None]
    assert "nothing was right before" in refuser.terms[2].warnings[0]
    assert refuser.robustness.value is None, "no share of nothing can be lost"
    assert refuser.originals.value == 0.0
    (missing, rewards) = refuser.robustness.warnings
    assert "no value for t3" in missing
    assert "rewards abstention" in rewards
    assert "(0%)" in rewards
    assert "(100%)" in rewards


def test_every_term_says_n_and_where_it_comes_from(found: Found) -> None:
    for tests in found.values():
        for term, n in zip(tests.terms, (3, 3, 3, 9, 3, 0), strict=True):
            assert (term.n_rows, term.n_expected) == (n, n)
            assert term.n_cases == (3 if n else 0)
            assert "published definition" in term.method
            assert term.estimand == "benchmark"
        assert "judge" in tests.terms[5].warnings[0]
        assert tests.robustness.n_expected == 21


def test_what_was_not_asked_has_no_value_and_a_reason(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    built = suite.build(cases(), [REGISTRY.load("modality_necessity")])
    workspace, run_id = answered_run(tmp_path_factory.mktemp("few"), built, "guesser")
    with Store.open(workspace.path) as store:
        tests = image_tests(store, run_id, "guesser")
    assert values(tests) == [None, 1.0, None, None, None, None]
    assert tests.terms[0].warnings == ("the run did not ask for all of it",)
    assert tests.robustness.value is None
    assert "t1, t3, t4, t5" in tests.robustness.warnings[0]


def test_the_command_line_prints_the_terms_of_every_system(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    built = suite.build(cases(), [REGISTRY.load("modality_necessity")])
    workspace, run_id = answered_run(tmp_path_factory.mktemp("cli"), built, "guesser", "refuser")
    words = ["estimate", run_id, "--image-tests", "--home", str(workspace.path)]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("T2 modality necessity") == 2
    assert "published definition (Gu et al. 2026" in shown.output
    told = CliRunner().invoke(app, [*words, "--json"])
    first, second = json.loads(told.output)
    assert [first["system"], second["system"]] == ["guesser", "refuser"]
    assert [first["terms"][1]["value"], second["terms"][1]["value"]] == [1.0, 0.0]
