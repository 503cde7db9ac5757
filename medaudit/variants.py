"""One case under one probe as it is asked: messages, what changed, checks, and an id for it all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from medaudit.canonical import content_id, digest
from medaudit.probes import Probe, Rewriting, Skip
from medaudit.probes.declared import declared_checks
from medaudit.probes.draws import shuffled
from medaudit.probes.marks import marks
from medaudit.probes.validity import Original, checks
from medaudit.prompt import messages
from medaudit.records import Case, Variant

BASE = "base"


def case_hash(case: Case) -> str:
    """The hash of a case's content. Its review status is a finding about it, and no part of it."""
    return digest(case.model_dump(mode="json", exclude={"status"}))


def doses(probe: Probe, levels: Sequence[int]) -> tuple[int, ...]:
    """The levels at which a probe is asked: those wanted, or its only one."""
    return probe.levels if len(probe.levels) == 1 else tuple(levels)


def rewritings(
    probe: Probe, case: Case, level: int, seed: int, arms: int | None = 1
) -> Iterator[tuple[str | None, Rewriting | Skip]]:
    """What a probe makes of a case at one dose: one rewriting, or as many of its kinds as asked.

    Kinds come in an order drawn from seed and case. One that does not fit gives way to the next;
    a skip is told where none is left, or where all were asked for.
    """
    if not probe.arms:
        yield None, probe.apply(case, level, seed)
        return
    state = int(content_id([seed, probe.name, case.id, "arms"]), 16)
    order = list(probe.arms) if arms is None else shuffled(probe.arms, random.Random(state))
    made, left_out = 0, []
    for arm in order:
        if made == arms:
            return
        result = probe.apply(case, level, seed, arm)
        if isinstance(result, Skip):
            left_out.append((arm, result))
        else:
            made += 1
            yield arm, result
    yield from left_out


def variant(
    original: Original,
    hashed: str,
    probe: Probe | None,
    level: int,
    seed: int,
    rewriting: Rewriting,
    arm: str | None = None,
) -> Variant:
    """The record of one rewriting; without a probe, the base. ``hashed``: its case's hash."""
    case, declared = original.case, rewriting.declared
    asked = messages(case, rewriting.sentences, rewriting.asked)
    name, version, family = (
        (BASE, 1, BASE) if probe is None else (probe.name, probe.version, probe.family)
    )
    identity = {
        "case": hashed, "probe": name, "probe_version": version, "level": level, "seed": seed,
        "messages": [message.model_dump(mode="json") for message in asked],
    }  # fmt: skip
    if arm is not None:
        identity["arm"] = arm
    found = {
        "case_id": case.id,
        "family": family,
        "probe": name,
        "probe_version": version,
        "level": level,
        "seed": seed,
        "messages": asked,
        "arm": arm,
    }
    if declared is None:
        return Variant(
            **found,
            id=content_id(identity),
            edits=rewriting.edits(),
            checks=checks(original, rewriting, asked, base=probe is None),
        )
    return Variant(
        **found,
        id=content_id(identity),
        expectation=declared.expectation,
        expected=declared.expected,
        control=declared.control,
        group=declared.group,
        clinically_relevant=declared.clinically_relevant,
        lifts=declared.lifts,
        evidence=declared.evidence,
        names=declared.names,
        edits=marks(case, rewriting, asked),
        checks=declared_checks(original, rewriting, asked),
    )
