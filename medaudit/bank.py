"""The case bank: YAML or JSON Lines into ``Case`` records, or an error with file, line and field.

A case is more than its schema. Its facts must be recognisable in its own sentences, plain and
colloquial; its numbers must be the same in both; its examples must be told apart by its own
patterns. ``load`` checks all of it, and either every case of a folder is good or none is loaded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.composer import ComposerError

from medaudit.assertion import asserted, compiled
from medaudit.errors import BadInput
from medaudit.imaging.files import BESIDE, checked, found, own
from medaudit.records import URGENCY, Case
from medaudit.taxonomy import taxonomy
from medaudit.tokens import numbers

MAX_BYTES = 1_000_000
_LARGEST = 2**53
"""From here on two readers of JSON may disagree on a number."""
DECISIONS: dict[str, tuple[str, ...]] = {
    "disposition": URGENCY,
    "boundary": ("declines", "complies"),
    "open": ("adequate", "inadequate"),
}
"""The closed list of decisions a task kind; a choice has its own options."""


def decisions(case: Case) -> tuple[str, ...]:
    """The closed list of decision labels that an answer to this case can have."""
    return DECISIONS.get(case.task) or tuple(option.id for option in case.options)


def load(*paths: Path) -> list[Case]:
    """Every case of the files and folders, by id. Raises ``BadInput`` at the first fault."""
    cases: list[Case] = []
    seen: dict[str, str] = {}
    for path in sorted(_files(paths)):
        for case, line in _read(path):
            if case.id in seen:
                reason = f"case {case.id!r} is already defined in {seen[case.id]}"
                raise BadInput(reason, file=str(path), line=line, field="id")
            seen[case.id] = path.name
            cases.append(case)
    if not cases:
        raise BadInput("no cases found", file=", ".join(str(p) for p in paths))
    return sorted(cases, key=lambda case: case.id)


def image_folders(*paths: Path) -> list[Path]:
    """The folders beside these case files in which their own images may lie."""
    folders = dict.fromkeys(path.parent / BESIDE for path in sorted(_files(paths)))
    return [folder for folder in folders if folder.is_dir()]


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            kinds = {".yaml", ".yml", ".jsonl"}
            yield from (p for p in path.rglob("*") if p.suffix in kinds and p.is_file())
        elif path.is_file():
            yield path
        else:
            raise BadInput("no such file or folder", file=str(path))


def _read(path: Path) -> Iterator[tuple[Case, int]]:
    if path.stat().st_size > MAX_BYTES * (50 if path.suffix == ".jsonl" else 1):
        raise BadInput("larger than a case file may be", file=str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 text: {error.reason}", file=str(path)) from error
    if path.suffix == ".jsonl":
        for number, row in enumerate(text.split("\n"), start=1):
            if row.strip():
                value = _json_object(row, path, number)
                yield _case(value, path, lambda field, n=number: n), number
        return
    yield _yaml_case(text, path), 1


def _json_object(row: str, path: Path, line: int) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        value = json.loads(row, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {error}", file=str(path), line=line) from error
    if not isinstance(value, dict):
        raise BadInput("not a JSON object", file=str(path), line=line)
    return value


class _Strict(yaml.SafeLoader):
    """Plain YAML. No alias (a few could unfold without end), and no field that stands twice:
    YAML would keep the last one without a word."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, "aliases are not allowed in a case file", mark)
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise ComposerError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(str(key.value))
        return node


def _yaml_case(text: str, path: Path) -> Case:
    try:
        loader = _Strict(text)
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A date such as 2022-13-45 or a number of 5,000 digits is a ValueError of its own.
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        line = None if mark is None else mark.line + 1
        raise BadInput(f"not YAML: {reason}", file=str(path), line=line) from error
    if node is None or not isinstance(value, dict):
        raise BadInput("not a mapping of field to value", file=str(path), line=1)
    return _case(value, path, lambda field: _line(node, field))


def _line(node: yaml.Node, field: tuple[str | int, ...]) -> int:
    """The 1-based line on which a field stands, or the nearest thing above it that exists."""
    line = node.start_mark.line + 1
    for part in field:
        child: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, item in node.value:
                if key.value == part:
                    child, line = item, key.start_mark.line + 1
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            child = node.value[part]
            line = child.start_mark.line + 1
        if child is None:
            break
        node = child
    return line


def _case(value: dict[str, Any], path: Path, line_of: Any) -> Case:
    for field in _foreign(value):
        name = ".".join(str(part) for part in field)
        reason = "neither a text, a finite number nor true or false; put quotes round a date"
        raise BadInput(reason, file=str(path), line=line_of(field), field=name)
    encoded = json.dumps(value, allow_nan=False)
    try:
        case = Case.model_validate_json(encoded, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = tuple(first["loc"])
        name = ".".join(str(part) for part in field)
        raise BadInput(first["msg"], file=str(path), line=line_of(field), field=name) from error
    for field, reason in faults(case):
        name = ".".join(str(part) for part in field)
        raise BadInput(reason, file=str(path), line=line_of(field), field=name)
    for field, image in _image_fields(case):
        name = ".".join(str(part) for part in field)
        try:
            file = found([path.parent / BESIDE, own()], image)
            checked(file, image)
        except BadInput as error:
            reason = error.reason
            raise BadInput(reason, file=str(path), line=line_of(field), field=name) from error
        if file.parent != own() and image in {p.stem for p in own().glob("*.png")}:
            reason = f"{image!r} is the name of an image that medaudit brings along; rename it"
            raise BadInput(reason, file=str(path), line=line_of(field), field=name)
    return case


def _image_fields(case: Case) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield from ((("images", index), name) for index, name in enumerate(case.images))
    yield from ((("substitutes", option), name) for option, name in case.substitutes.items())


def _foreign(value: Any, field: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of a value that JSON cannot hold exactly: dates, bytes, NaN, huge numbers."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield (*field, str(key))
            yield from _foreign(item, (*field, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _foreign(item, (*field, index))
    elif isinstance(value, float | int):
        if abs(value) >= _LARGEST or not math.isfinite(value):
            yield field
    elif not (value is None or isinstance(value, str)):
        yield field


def faults(case: Case) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with a case beyond its schema: (field, reason), nothing when it is good."""
    domain = next(d for d in taxonomy().domains if d.id == case.domain)
    if case.subdomain not in domain.subdomains:
        yield ("subdomain",), f"not a subdomain of {case.domain}: {', '.join(domain.subdomains)}"
    yield from _pattern_faults(case)
    yield from _fact_faults(case)
    yield from _decision_faults(case)
    for index, item in enumerate(case.distractors):
        if not asserted(item.text, item.patterns):
            yield ("distractors", index), "its patterns do not recognise its own text"


def _pattern_faults(case: Case) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for group in ("facts", "distractors", "forbidden", "rubric"):
        for index, item in enumerate(getattr(case, group)):
            for number, pattern in enumerate(item.patterns):
                field = (group, index, "patterns", number)
                try:
                    if compiled(pattern).search(""):
                        yield field, "matches the empty text"
                except BadInput as error:
                    yield field, str(error)
    for group in ("facts", "distractors", "forbidden", "rubric", "options"):
        ids = [item.id for item in getattr(case, group)]
        for index, id_ in enumerate(ids):
            if id_ in ids[:index]:
                yield (group, index, "id"), f"{id_!r} stands twice"


def _fact_faults(case: Case) -> Iterator[tuple[tuple[str | int, ...], str]]:
    facts = {fact.id: fact for fact in case.facts}
    if not any(fact.weight == 3 for fact in case.facts):
        yield ("facts",), "no fact has weight 3 (red flag, or what the case turns on)"
    if sum(sentence.order is not None for sentence in case.narrative) < 3:
        yield ("narrative",), "fewer than three sentences have a place in time (order)"
    carried: set[str] = set()
    for index, sentence in enumerate(case.narrative):
        if numbers(sentence.text) != numbers(sentence.lay):
            reason = f"numbers differ: {numbers(sentence.text)} against {numbers(sentence.lay)}"
            yield ("narrative", index, "lay"), reason
        for fact_id in sentence.facts:
            if fact_id not in facts:
                yield ("narrative", index, "facts"), f"no fact {fact_id!r}"
                continue
            carried.add(fact_id)
            for wording in ("text", "lay"):
                if not asserted(getattr(sentence, wording), facts[fact_id].patterns):
                    reason = f"fact {fact_id!r} is not recognised in this sentence"
                    yield ("narrative", index, wording), reason
    for index, fact in enumerate(case.facts):
        if fact.id not in carried:
            yield ("facts", index), f"no sentence carries fact {fact.id!r}"
    for index, item in enumerate(case.contradictions):
        if item.fact not in facts:
            yield ("contradictions", index, "fact"), f"no fact {item.fact!r}"
        elif asserted(item.wrong, facts[item.fact].patterns):
            yield ("contradictions", index, "wrong"), "the wrong statement asserts the true fact"
        elif not asserted(item.corrected, facts[item.fact].patterns):
            yield ("contradictions", index, "corrected"), "the correction does not assert the fact"


def _decision_faults(case: Case) -> Iterator[tuple[tuple[str | int, ...], str]]:
    known = decisions(case)
    if (case.task == "choice") != (3 <= len(case.options) <= 6):
        yield ("options",), "a choice has three to six options, any other task none"
        return
    for index, label in enumerate(case.reference):
        if label not in known:
            yield ("reference", index), f"not a decision of this task: {', '.join(known)}"
    for option, image in case.substitutes.items():
        if option not in known or option in case.reference:
            yield ("substitutes", option), "not an option that is wrong for the case's own image"
        elif not case.images or image in case.images:
            yield ("substitutes", option), "takes the place of an image of the case, not the same"
    for name in ("safe", "unsafe"):
        example = getattr(case, name)
        if example.decision not in known:
            yield (name, "decision"), f"not a decision of this task: {', '.join(known)}"
        elif (example.decision in case.reference) != (name == "safe"):
            yield (name, "decision"), "a safe example is acceptable, an unsafe one is not"
    for index, action in enumerate(case.forbidden):
        if asserted(case.safe.text, action.patterns):
            yield ("forbidden", index), "its patterns also match the safe example"
    leaked = any(secret.lower() in case.unsafe.text.lower() for secret in case.secrets)
    if not leaked and not any(asserted(case.unsafe.text, f.patterns) for f in case.forbidden):
        yield ("unsafe",), "no forbidden action (or secret) is recognised in the unsafe example"
