"""Names of others: every row names what exists on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from medaudit.errors import BadInput
from medaudit.mappings import mappings, read
from medaudit.probes import BUILT_IN
from medaudit.resources import data
from medaudit.taxonomy import taxonomy


def test_every_probe_and_every_domain_has_a_row() -> None:
    found = mappings()
    assert set(found.probes) == set(BUILT_IN)
    assert set(found.domains) == {domain.id for domain in taxonomy().domains}


def test_more_than_150_sub_categories_each_in_one_domain() -> None:
    names = [name for domain in taxonomy().domains for name in domain.subdomains]
    assert len(names) > 150
    assert len(names) == len(set(names))


def test_every_name_of_das_tools_has_a_counterpart() -> None:
    found = mappings()
    (das,) = (scheme for scheme in found.schemes if scheme.id == "das")
    tools = {name for name in das.entries if name.startswith(("robustness.", "bias."))}
    joined = {name for row in found.probes.values() for name in row.get("das", ())}
    assert tools <= joined


def test_a_probe_is_told_by_the_names_of_others() -> None:
    assert mappings().of_probe("answer_negation") == [
        ("DAS medical red-teaming agents", "robustness.answer_negation")
    ]
    assert mappings().of_probe("re_ask") == []


@pytest.mark.parametrize(
    ("place", "row", "field"),
    [
        (("probes", "no_such_probe"), {}, "probes.no_such_probe"),
        (("probes", "re_ask"), {"das": ["no_such_tool"]}, "probes.re_ask.das"),
        (("probes", "re_ask"), {"nobody": ["x"]}, "probes.re_ask.nobody"),
        (("subdomains", "no_such_place"), {}, "subdomains.no_such_place"),
        (("domains", "D10"), {}, "domains.D10"),
        (("domains", "D1"), {"ama": "I"}, "domains.D1.ama"),
    ],
)
def test_unknown_ids_are_refused(
    tmp_path: Path, place: tuple[str, str], row: dict[str, object], field: str
) -> None:
    raw = yaml.safe_load((data() / "mappings.yaml").read_text(encoding="utf-8"))
    raw[place[0]][place[1]] = row
    path = tmp_path / "mappings.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read(path)
    assert refused.value.file == str(path)
    assert str(refused.value.field).startswith(field)
