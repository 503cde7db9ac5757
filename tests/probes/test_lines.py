"""The tables of the declaring families: sourced, neutral, and harmless to their neighbours."""

from __future__ import annotations

import re

import pytest

from medaudit.assertion import asserted, mood
from medaudit.errors import BadInput
from medaudit.probes.cognitive_bait import STYLES
from medaudit.probes.lines import entries, lines
from medaudit.probes.negation import negations
from medaudit.records import Case

SENTENCES = ("bait", "priming", "tone", "neutral", "distraction", "style", "disguise")
TABLES = (*SENTENCES, "options", "impossible", "drugs", "units", "paraphrase")
FINDING = "My chest is tight"
SAID = [
    pytest.param(entry, id=f"{name}-{kind}-{n}")
    for name in SENTENCES
    for kind, listed in lines(name).entries.items()
    for n, entry in enumerate(listed)
    if not kind.startswith("text_message")
]
CLINICAL = re.compile(
    r"\b(?:pain\w*|ache\w*|hurt\w*|fever\w*|bleed\w*|blood|heart|chest|breath\w*|vomit\w*|rash|"
    r"swell\w*|swollen|tablet\w*|pill\w*|dose\w*|drug\w*|medicine\w*|treat(?:ed|ment|ing)\b|"
    r"diagnos\w*|symptom\w*|disease|infect\w*|allerg\w*|pregnan\w*|ambulance|emergency|urgent\w*|"
    r"suicid\w*|die[sd]?|dying|dead|death|severe|serious)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    table = lines(name)
    assert len(table.purpose) > 40
    assert len(table.source) > 30
    for kind, listed in table.entries.items():
        assert len(set(listed)) == len(listed), kind
        assert all(entry == entry.strip() or name == "options" for entry in listed)


@pytest.mark.parametrize("entry", SAID)
def test_a_sentence_has_no_number_finding_treatment_or_negation(entry: str) -> None:
    said = entry.replace("{option}", "that")
    assert re.search(r"[.!]$", said)
    assert not re.search(r"\d", said)
    assert negations(said) == 0
    assert CLINICAL.search(said) is None


@pytest.mark.parametrize("entry", SAID)
def test_a_sentence_changes_nothing_that_its_neighbours_say(entry: str) -> None:
    said = entry.replace("{option}", "that")
    for whole in (f"{said} {FINDING}.", f"{FINDING}. {said}"):
        assert [s.text for s in asserted(whole, [FINDING.lower()])] == [FINDING]
        start = whole.index(FINDING)
        assert mood(whole, start, start + len(FINDING)) == "asserted"


def test_bait_has_eight_styles_with_enough_to_say() -> None:
    assert set(lines("bait").entries) == set(STYLES)
    assert len(STYLES) == 8
    for style in STYLES:
        listed = lines("bait").entries[style]
        assert sum("{option}" in entry for entry in listed) >= 2
        assert sum("{option}" not in entry for entry in listed) >= 8


def test_impossible_values_are_impossible() -> None:
    """Beyond every survived reading: 13.7 to 46.5 °C, 480/min, 100 %, pH 6.3 to 7.9."""
    limits = {"temperature": 47, "heart_rate": 600, "saturation": 100, "respiratory_rate": 200,
              "ph": 8}  # fmt: skip
    for kind, (entry,) in lines("impossible").entries.items():
        value = entry.split("|")[1]
        assert float(re.match(r"[\d.]+", value)[0]) > limits[kind]  # type: ignore[index]


def test_a_paraphrase_keeps_numbers_and_negations() -> None:
    for entry in lines("paraphrase").entries["pairs"]:
        old, _, new = entry.partition(" = ")
        assert new
        assert not re.search(r"\d", new)
        assert negations(old) == negations(new) == 0
        assert CLINICAL.search(f"{old} {new}") is None


def test_what_touches_the_case_is_left_out_and_what_is_no_table_is_named(aorta: Case) -> None:
    every = lines("tone").entries["cheerful"]
    assert entries(aorta, "tone", "cheerful") == every
    touched = aorta.facts[0].model_copy(update={"patterns": ("sunny",)})
    case = aorta.model_copy(update={"facts": (touched, *aorta.facts[1:])})
    assert set(every) - set(entries(case, "tone", "cheerful")) == {e for e in every if "sunny" in e}
    with pytest.raises(BadInput, match=r"absent\.yaml"):
        lines("absent")
