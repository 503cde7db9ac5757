"""Where the names of this project meet those of others: a table to read across reports.

An empty row says that a name has no counterpart. Nothing is worked out from these tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from medaudit.errors import BadInput
from medaudit.probes import BUILT_IN
from medaudit.records import Record, Slug, Text
from medaudit.records.base import first_fault
from medaudit.resources import data
from medaudit.taxonomy import taxonomy


class Scheme(Record):
    """A list of names that somebody else published."""

    id: Slug
    name: Text
    source: Text
    entries: dict[Text, Text]
    """Their name -> what it means, in our words."""


Row = dict[Slug, tuple[Text, ...]]
"""Scheme -> its names."""


class Mappings(Record):
    schemes: tuple[Scheme, ...]
    domains: dict[Text, Row]
    subdomains: dict[Slug, Row]
    probes: dict[Slug, Row]

    def of_probe(self, name: str) -> list[tuple[str, str]]:
        """(scheme, name in it) of each counterpart of a probe; none: an empty list."""
        titles = {scheme.id: scheme.name for scheme in self.schemes}
        row = self.probes.get(name, {})
        return [(titles[scheme], found) for scheme, names in row.items() for found in names]


def read(path: Path) -> Mappings:
    """The mappings of a file. Raises ``BadInput`` for what is off its form and for unknown ids."""
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = Mappings.model_validate(raw)
    except yaml.YAMLError as error:
        raise BadInput(f"is no YAML: {error}", file=str(path)) from None
    except ValidationError as error:
        field, message = first_fault(error)
        raise BadInput(message, file=str(path), field=field) from None
    for field, reason in _faults(found):
        raise BadInput(reason, file=str(path), field=field)
    return found


@cache
def mappings() -> Mappings:
    """The mappings of this installation, read once."""
    return read(data() / "mappings.yaml")


def _faults(found: Mappings) -> Iterator[tuple[str, str]]:
    entries = {scheme.id: scheme.entries for scheme in found.schemes}
    subdomains = {name for domain in taxonomy().domains for name in domain.subdomains}
    parts: tuple[tuple[str, dict[str, Row], set[str]], ...] = (
        ("domains", found.domains, {domain.id for domain in taxonomy().domains}),
        ("subdomains", found.subdomains, subdomains),
        ("probes", found.probes, set(BUILT_IN)),
    )
    for part, rows, known in parts:
        for name, row in rows.items():
            if name not in known:
                yield f"{part}.{name}", f"no such name here: {name}"
            for scheme, names in row.items():
                if scheme not in entries:
                    yield f"{part}.{name}.{scheme}", f"no scheme {scheme}: {', '.join(entries)}"
                    continue
                for their in names:
                    if their not in entries[scheme]:
                        yield f"{part}.{name}.{scheme}", f"{scheme} has no {their}"
