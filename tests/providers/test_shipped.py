"""The list of systems: what ships, and what a user adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from medaudit.errors import BadInput, UnknownName
from medaudit.precision import PRECISIONS
from medaudit.providers.shipped import systems


def test_four_precisions_ship_and_each_says_what_it_is() -> None:
    shipped = [s for s in systems() if s.provider == "local"]
    assert [s.id for s in shipped] == [
        "smollm2-q8_0",
        "smollm2-q4_1",
        "smollm2-q4_0",
        "smollm2-rtn3",
    ]
    assert {s.parameters["precision"] for s in shipped} == PRECISIONS.keys()
    assert [s.parent for s in shipped] == [None, *["smollm2-q8_0"] * 3]
    for system in shipped:
        assert "not a medical model" in system.notice
        assert {**system.parameters, "precision": ""} == {
            "precision": "",
            "temperature": 0.7,
            "top_p": 0.95,
            "top_k": 40,
            "min_p": 0.05,
            "max_tokens": 128,
        }


def test_systems_by_id_in_the_order_asked_for() -> None:
    assert [s.id for s in systems(["smollm2-rtn3", "smollm2-q8_0"])] == [
        "smollm2-rtn3",
        "smollm2-q8_0",
    ]
    with pytest.raises(UnknownName, match="smollm2-q4_1"):
        systems(["gpt"])


def test_a_user_adds_systems(tmp_path: Path) -> None:
    text = (
        "systems:\n  - {id: ours, title: Ours, provider: openai_compatible, vendor: Us, model: m,\n"
        "     parameters: {connection: {base_url: 'http://127.0.0.1:1/v1'}}}\n"
    )
    (tmp_path / "systems.yaml").write_text(text, encoding="utf-8")
    assert systems(workspace=tmp_path)[-1].id == "ours"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("systems:\n  - {id: Bad Id}\n", r"\[systems.0.id\]"),
        ("systems:\n  - {id: a, title: a, provider: p, vendor: v, model: m, key: x}\n", "0.key"),
        ("systems: &a\n  - *a\n", "aliases"),
        ("[1", "not YAML"),
        ("systems: 3\n", "must hold a list"),
        (
            "systems:\n  - {id: smollm2-rtn3, title: a, provider: p, vendor: v, model: m}\n",
            "defined twice",
        ),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "systems.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        systems(workspace=tmp_path)
