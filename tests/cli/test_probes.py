"""``medaudit probe`` and the families of ``medaudit suite build``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medaudit.cli import app
from medaudit.errors import BadInput, UnknownName
from medaudit.gallery import bank
from medaudit.resources import data

CASE = str(data() / "cases" / "d2-cystitis-duration.yaml")


def said(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_list_says_how_each_probe_fits() -> None:
    text = said("probe", "list", "--family", "control")
    n = len(bank())
    assert text.startswith(f"control\n  re_ask v1, levels 1,2,3: fits {n} of {n} cases, {n} of {n}")
    assert f"negative_control v1, levels 1, 3 kinds: fits {n} of {n} cases" in text
    assert re.search(r"skipped \d+ %: the story holds none of the phrases of the table", text)
    with pytest.raises(UnknownName, match="robustness"):
        said("probe", "list", "--family", "weather")


def test_a_case_is_shown_as_the_probe_puts_it() -> None:
    text = said("probe", "show", "answer_negation", "--case", "d2-cystitis-duration")
    assert "d2-cystitis-duration, answer_negation 1: expected changes_to\nvalid\n" in text
    assert "D. None of these options is right" in text
    turns = said("probe", "show", "format_change", "--arm", "turns")
    assert turns.count("[user]") == 2
    assert turns.count("[assistant]") == 1
    with pytest.raises(BadInput, match="only for choice cases"):
        said("probe", "show", "answer_negation", "--case", "d1-ankle-sprain")
    with pytest.raises(UnknownName, match="d1-ankle-sprain"):
        said("probe", "show", "answer_negation", "--case", "nobody")


def test_a_suite_is_narrative_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    home = ("--cases", CASE, "--home", str(tmp_path))
    assert "1 cases, 7 variants" in said("suite", "build", *home)
    assert "1 cases, 22 variants" in said("suite", "build", *home, "--double")
    assert "1 cases, 4 variants" in said("suite", "build", *home, "--family", "control")
    assert "1 cases, 2 variants" in said("suite", "build", *home, "--probe", "unit_swap")
    every = said("suite", "build", *home, "--family", "control", "--arms", "0")
    assert "1 cases, 6 variants" in every
