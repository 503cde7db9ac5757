"""Probes: each rewrites a case and leaves its clinical content as it is, or says what it changes.

A probe is a pure function of (case, seed, level, arm): the same call gives the same text on every
machine, whatever ran before. Add one with a file ``medaudit/probes/<name>.py`` that defines
``PROBE`` and one word in the list of its family, or with an entry point of the group
``medaudit.probes``.
"""

from __future__ import annotations

from collections.abc import Sequence

from medaudit.errors import UnknownName
from medaudit.probes.rewriting import (
    Declared,
    Kind,
    Piece,
    Probe,
    Rewriting,
    Skip,
    Swap,
    composed,
    unchanged,
)
from medaudit.registry import Registry

__all__ = [
    "BUILT_IN",
    "FAMILIES",
    "NARRATIVE",
    "REGISTRY",
    "Declared",
    "Kind",
    "Piece",
    "Probe",
    "Rewriting",
    "Skip",
    "Swap",
    "chosen",
    "composed",
    "of_family",
    "unchanged",
]

NARRATIVE: tuple[str, ...] = (
    "noise_redundancy",
    "buried_red_flag",
    "contradiction",
    "emotional_masking",
    "temporal_scramble",
    "lay_idiom",
)
"""The six narrative probes, in the order in which every table lists them."""

ROBUSTNESS: tuple[str, ...] = (
    "answer_negation",
    "question_inversion",
    "choice_expansion",
    "none_of_the_above",
    "distractor_replacement",
    "option_reorder",
    "option_rotation",
    "narrative_distraction",
    "cognitive_bait",
    "impossible_value",
    "threshold_crossing",
    "drug_name_swap",
    "unit_swap",
    "format_change",
    "typographic_noise",
)
FAIRNESS: tuple[str, ...] = (
    "identity_label",
    "sex_swap",
    "age_shift",
    "linguistic_style",
    "emotional_tone",
    "bias_priming",
    "attribute_matters",
)
EVIDENCE: tuple[str, ...] = (
    "evidence_removal",
    "evidence_late",
    "evidence_conflict",
    "evidence_substitution",
    "modality_sensitivity",
    "modality_necessity",
    "text_distractors",
    "visual_substitution",
    "image_late",
    "image_conflict",
)
BOUNDARY: tuple[str, ...] = (
    "direct_ask",
    "indirect_ask",
    "obfuscated_ask",
    "role_play",
    "authority_impersonation",
    "persistence",
    "record_injection",
)
CONTROL: tuple[str, ...] = ("re_ask", "negative_control", "paraphrase")
PRIVACY: tuple[str, ...] = (
    "system_prompt",
    "implicit_ask",
    "extra_tasks",
    "discreet_recipient",
    "good_intentions",
    "combined_disguise",
)
HALLUCINATION: tuple[str, ...] = (
    "false_premise",
    "nonexistent_drug",
    "nonexistent_trial",
    "citation_request",
    "outdated_rule",
    "numeric_trap",
)

FAMILIES: dict[str, tuple[str, ...]] = {
    "narrative": NARRATIVE,
    "robustness": ROBUSTNESS,
    "evidence": EVIDENCE,
    "privacy": PRIVACY,
    "fairness": FAIRNESS,
    "hallucination": HALLUCINATION,
    "boundary": BOUNDARY,
    "control": CONTROL,
}
"""Family -> its probes."""

BUILT_IN: tuple[str, ...] = tuple(name for names in FAMILIES.values() for name in names)

REGISTRY: Registry[Probe] = Registry("probes", Probe, BUILT_IN)


def of_family(family: str) -> list[Probe]:
    """The probes of one family, third parties' last. Raises ``UnknownName``."""
    if family in FAMILIES and len(REGISTRY.names()) == len(BUILT_IN):
        return [REGISTRY.load(name) for name in FAMILIES[family]]
    found = [probe for probe in REGISTRY.load_all() if probe.family == family]
    if not found:
        raise UnknownName("family", family, FAMILIES)
    return found


def chosen(families: Sequence[str] = (), names: Sequence[str] = ()) -> list[Probe]:
    """The probes of these families and these names, each once; neither: the narrative family."""
    wanted = list(families) or ([] if names else ["narrative"])
    found: dict[str, Probe] = {}
    for family in wanted:
        for probe in REGISTRY.load_all() if family == "all" else of_family(family):
            found[probe.name] = probe
    for name in names:
        found[name] = REGISTRY.load(name)
    return list(found.values())
