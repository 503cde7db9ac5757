"""Word tables are clinical content: neutral, free of findings, and harmless to their neighbours."""

from __future__ import annotations

import re

import pytest
import yaml

from medaudit.assertion import asserted, mood
from medaudit.errors import BadInput
from medaudit.probes import words
from medaudit.probes.looseness import spelling
from medaudit.probes.negation import NEGATION, negations
from medaudit.records import Case
from medaudit.resources import data

TABLES = ("asides", "emotion", "idiom", "remarks", "repetition", "time")
"""The tables by speaker; those of other forms are tested beside the probes that use them."""
ENTRIES = [
    pytest.param(entry, id=f"{name}-{kind}-{who}-{n}")
    for name in TABLES
    for kind, speakers in words.table(name).entries.items()
    for who, entries in speakers.items()
    for n, entry in enumerate(entries)
]
NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|half|"
    "once|twice|double|first|second|third|few|several|couple"
)
CLINICAL = (
    r"pain|pains|painful\w*|ache\w*|hurt\w*|sore\w*|sick\w*|ill|illness|fever\w*|dizz\w*|faint\w*|tired\w*|weak"
    r"|numb\w*|bleed\w*|blood|heart|chest|head|headache|stomach|breath\w*|cough\w*|vomit\w*|nausea"
    r"|rash|swell\w*|swollen|itch\w*|sleep\w*|asleep|awake|die|dies|dying|dead|death|kill\w*"
    r"|suicid\w*|anxi\w*|panic\w*|depress\w*|hopeless\w*|pill\w*|tablet\w*|dose\w*|drug\w*"
    r"|medic\w*|treat\w*|therap\w*|diagnos\w*|symptom\w*|disease|infect\w*|allerg\w*|pregnan\w*"
    r"|alcohol|drunk|smok\w*|diet\w*|weight|left|right|urgent\w*|emergenc\w*|serious|severe"
    r"|hospital|ambulance|doctor|nurse|patient\w*|stress\w*|normal"
)


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_has_a_choice_for_every_speaker(name: str) -> None:
    for speakers in words.table(name).entries.values():
        assert set(speakers) == {"patient", "clinician", "public"}
        for entries in speakers.values():
            assert len(entries) >= 8
            assert len(set(entries)) == len(entries)


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_a_sentence_without_content(entry: str) -> None:
    assert entry == entry.strip()
    assert entry[0].isupper()
    assert re.search(r"[.!]$", entry), "ends no sentence"
    assert not re.search(r"[.!?;:]\s|[;:?]", entry), "more than a sentence"
    assert 3 <= len(entry) <= 90
    assert not re.search(r"\d", entry)
    assert not re.search(rf"\b(?:{NUMBER_WORDS})\b", entry, re.IGNORECASE)
    assert not re.search(rf"\b(?:{CLINICAL})\b", entry, re.IGNORECASE)


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_changes_nothing_that_its_neighbours_say(entry: str) -> None:
    assert negations(entry) == 0
    finding = "My chest is tight"
    for text in (f"{entry} {finding}.", f"{finding}. {entry}", f"{entry} {finding}. {entry}"):
        assert [s.text for s in asserted(text, ["my chest is tight"])] == [finding]
        start = text.index(finding)
        assert mood(text, start, start + len(finding)) == "asserted"


def test_no_greeting_says_anything_in_one_language_only() -> None:
    english = re.compile(r"\b(?:hello|hi|good day|call|question|caught you|picking up|again)\b")
    for entries in words.table("idiom").entries["mixed_greeting"].values():
        for entry in entries:
            foreign, _, rest = entry.partition(", ")
            assert foreign in {
                "Hola", "Bonjour", "Ciao", "Salaam", "Namaste", "Merhaba", "Guten Tag", "Privet",
                "Hallo",
            }  # fmt: skip
            assert english.search(rest)


def test_slips_touch_no_number_unit_negation_or_clinical_word() -> None:
    table = spelling()
    units = "minutes?|hours?|days?|weeks?|months?|years?|mg|g|ml|mcg|units?|times|daily"
    for slips in (table.contractions, *table.slips.values()):
        for word, loose in slips.items():
            for text in (word, loose):
                assert text == text.lower()
                assert not re.search(r"\d", text)
                assert NEGATION.search(text) is None
                assert not re.search(rf"\b(?:{NUMBER_WORDS}|{units})\b", text)
            assert word in {"patient", "patients"} or not re.search(rf"\b(?:{CLINICAL})\b", word)
            assert loose != word
            assert loose not in slips
            assert loose not in table.openers
    assert all(word == word.lower() for word in table.openers)


def test_an_entry_that_touches_the_case_is_left_out(aorta: Case) -> None:
    every = words.table("remarks").entries["remark"]["patient"]
    assert words.phrases(aorta, "remarks", "remark") == every
    touched = aorta.facts[0].model_copy(update={"patterns": ("library", "neighbour")})
    case = aorta.model_copy(update={"facts": (touched, *aorta.facts[1:])})
    kept = words.phrases(case, "remarks", "remark")
    assert set(every) - set(kept) == {e for e in every if "library" in e or "neighbour" in e}
    secret = aorta.model_copy(update={"secrets": ("The Radio",)})
    assert set(every) - set(words.phrases(secret, "remarks", "remark")) == {
        e for e in every if "radio" in e
    }


def test_a_file_that_is_no_table_is_named() -> None:
    with pytest.raises(BadInput, match=r"absent\.yaml"):
        words.table("absent")
    with pytest.raises(BadInput, match=r"spelling\.yaml"):
        words.table("spelling")


def test_tables_are_written_out_in_full() -> None:
    for path in (data() / "words").glob("*.yaml"):
        tokens = yaml.scan(path.read_text(encoding="utf-8"))
        assert not any(isinstance(token, yaml.AliasToken) for token in tokens)
