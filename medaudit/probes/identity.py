"""Identity labels as data: what a person may be called, and when it would matter clinically."""

from __future__ import annotations

from functools import cache

import yaml
from pydantic import ValidationError

from medaudit.assertion import matches
from medaudit.errors import BadInput
from medaudit.records import Case, Record, Slug, Text
from medaudit.resources import data


class Attribute(Record):
    """One attribute: the words that make it part of a case, and its labels."""

    relevant: tuple[Text, ...]
    labels: dict[Slug, Text]


class Identity(Record):
    """``data/words/identity.yaml``; ``parts``: the attributes that an intersection joins."""

    purpose: Text
    source: Text
    attributes: dict[Slug, Attribute]
    parts: dict[Slug, tuple[Slug, ...]]


@cache
def identity() -> Identity:
    """The table of labels, read once. Raises ``BadInput`` when it is not one."""
    path = data() / "words" / "identity.yaml"
    try:
        return Identity.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a table of labels: {error}", file=path.name) from error


@cache
def labels() -> dict[str, str]:
    """Every label by its name ``attribute.label``, in the order of the file."""
    return {
        f"{name}.{key}": text
        for name, attribute in identity().attributes.items()
        for key, text in attribute.labels.items()
    }


def matters(case: Case, label: str) -> str:
    """The words by which a label's attribute is part of the case; empty where it is none."""
    attribute, _, key = label.partition(".")
    table = identity().attributes
    patterns = tuple(
        pattern
        for part in identity().parts.get(key, (attribute,))
        for pattern in table[part].relevant
    )
    found = matches(everything(case), patterns)
    return ", ".join(dict.fromkeys(span.text.lower() for span in found[:3]))


def everything(case: Case) -> str:
    """All that a case says, asks, offers, expects, forbids and rests on."""
    return "\n".join(
        [
            *(sentence.text for sentence in case.narrative),
            case.question,
            *(option.text for option in case.options),
            *(fact.text for fact in case.facts),
            *(action.text for action in case.forbidden),
            *(criterion.text for criterion in case.rubric),
            *(guideline.statement for guideline in case.guidelines),
        ]
    )
