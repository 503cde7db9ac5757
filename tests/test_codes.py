"""The 30 codes: complete, in seven groups, and an id that is not there is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from medaudit.codes import Code, codes, load
from medaudit.errors import BadInput, UnknownName
from medaudit.resources import data

GROUPS = {
    "medical_fact": 5, "citation": 6, "reasoning": 4, "context": 3, "safety": 5,
    "instruction": 4, "scout": 3,
}  # fmt: skip
"""As the published system counts them."""
COUNTS = (5, 5, 4, 3, 4, 4, 3)
RELEASED = [f"{group}{letter}" for group, n in enumerate(COUNTS, 1) for letter in "ABCDE"[:n]]
"""The codes of its released outputs: 28, of which 7A (invented personal data) is none of ours."""


def test_thirty_codes_in_seven_groups_in_the_order_of_their_specialists() -> None:
    found = codes()
    assert [s.id for s in found.specialists] == list(GROUPS)
    assert Counter(code.specialist for code in found.codes) == GROUPS
    assert [code.specialist for code in found.codes] == [
        s for s, n in GROUPS.items() for _ in range(n)
    ]
    assert len(found.codes) == sum(GROUPS.values()) == 30


def test_each_corresponds_to_one_code_of_the_published_system() -> None:
    found = codes()
    assert len({code.seed for code in found.codes}) == 30
    for code in found.codes:
        group = next(s.name for s in found.specialists if s.id == code.specialist)
        assert code.seed.startswith(f"{group.lower()}: ")
    assert [c.das for c in found.codes if c.das] == [id_ for id_ in RELEASED if id_ != "7A"]


@pytest.mark.parametrize("code", codes().codes, ids=lambda code: code.id)
def test_each_says_in_one_sentence_what_it_is_and_shows_it(code: Code) -> None:
    assert code.definition.endswith(".")
    assert ". " not in code.definition
    assert len(code.example.split()) >= 5
    assert code.example != code.definition


def test_an_unknown_id_is_refused() -> None:
    assert codes().code("fabricated_citation").specialist == "citation"
    assert codes().checked(["false_claim", "wrong_number"]) == ("false_claim", "wrong_number")
    with pytest.raises(UnknownName, match="unknown hallucination code 'made_up'"):
        codes().checked(["false_claim", "made_up"])
    with pytest.raises(UnknownName, match="unknown specialist 'surgeon'"):
        codes().of("surgeon")


def _broken(tmp_path: Path, change: str) -> Path:
    held = yaml.safe_load((data() / "hallucination.yaml").read_text())
    if change == "twice":
        held["codes"].append(held["codes"][0])
    elif change == "invites":
        held["invites"]["numeric_trap"] = ["false_claim", "made_up"]
    elif change == "specialist":
        held["codes"][0]["specialist"] = "surgeon"
    else:
        del held["codes"][0]["definition"]
    (tmp_path / "codes.yaml").write_text(yaml.safe_dump(held))
    return tmp_path / "codes.yaml"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("twice", "stands twice: false_claim"),
        ("specialist", "'surgeon'"),
        ("field", "definition"),
        ("invites", "numeric_trap invites made_up"),
    ],
)
def test_a_file_with_a_fault_is_refused(tmp_path: Path, change: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        load(_broken(tmp_path, change))
