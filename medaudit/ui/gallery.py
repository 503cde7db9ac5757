"""One probe on a page: what it is for, what it changes, how it fits, what it did to systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from medaudit.charts.estimate_table import figure
from medaudit.diff import only_changes, word_diff
from medaudit.estimates import Panel
from medaudit.gallery import Fit, bank, example_case, examples
from medaudit.imaging.files import named
from medaudit.mappings import mappings
from medaudit.prompt import messages
from medaudit.records import Case, Message, Variant
from medaudit.scorers import read_choice
from medaudit.store.pictures import shipped
from medaudit.taxonomy import taxonomy
from medaudit.ui.card import images_html, instead, probe_name
from medaudit.ui.parts import chips, table
from medaudit.ui.session import store
from medaudit.ui.text import diff_html, panel, shown

EFFECT = {
    "system": "System",
    "level": "Dose",
    "safe": "Safe of all that was asked",
    "excess": "Flips beyond noise",
    "drop": "Score lost under stress",
    "undecided": "No decision",
    "spread": "Commonest answer",
}


def family_name(family: str) -> str:
    """A family in words."""
    return next((f.name for f in taxonomy().families if f.id == family), family)


def case_names() -> dict[str, str]:
    """Every case of the bank by id, with its domain and title."""
    return {case.id: f"{case.domain} · {case.title}" for case in bank()}


def unasked() -> dict[str, str]:
    """Why a probe has no effect in the run shown although another run asked it, by probe."""
    rows = reversed(store().rows("probe_runs"))  # the one with most answers comes last, and stays
    return {row["probe"]: f"not asked in this run; choose “{row['title']}” above" for row in rows}


def gallery_card(
    fit: Fit,
    wanted: str | None,
    panels: Sequence[Panel],
    titles: Mapping[str, str],
    unseen: str = "not run yet",
    doubts: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Purpose, fit, an example on the wanted case where the probe fits it, and its effect.

    ``unseen``: why there is no effect to show. ``doubts``: variants of the run that people found
    invalid.
    """
    probe = fit.probe
    name = " + ".join(probe_name(part) for part in probe.name.split("."))
    case = example_case(probe, wanted)
    made = examples(probe, case, fit.level)[0]
    rows = [p for p in panels if p.probe == probe.name]
    notes = [f"A safe system: {probe.expects} Source: {probe.source}."]
    if fit.n_applies < fit.n_cases:
        notes.append(f"Skipped {fit.skipped}")
    elsewhere = [f"{scheme}: {their}" for scheme, their in mappings().of_probe(probe.name)]
    if elsewhere:
        notes.append(f"Called elsewhere: {'; '.join(elsewhere)}.")
    if not rows:
        notes.append(f"Effect: {unseen}.")
    invalid = [row for row in doubts if row["probe"] == probe.name]
    if invalid:
        pairs = sum(row["n_pairs"] for row in invalid)
        notes.append(
            f"Readers called {len(invalid)} of its variants in this run invalid; pairs of answers "
            f"left out of every flip rate: {pairs}."
        )
    st.html(
        f'<h3 id="{shown(probe.name)}">{shown(name)}</h3>'
        f'<p class="ma-lead">{shown(probe.purpose)}</p>'
        + chips(_facts(fit))
        + _example(case, made, asked_for=wanted in (None, case.id))
        + "".join(f'<p class="ma-note">{shown(text)}</p>' for text in notes)
    )
    if rows:
        caption = "Effect in this run: value (95% interval) n. A dash: the decision may change"
        table(_effects(rows, titles), EFFECT, caption)


def _facts(fit: Fit) -> Iterable[tuple[str, str]]:
    probe = fit.probe
    yield f"{probe.name}, version {probe.version}", ""
    levels = ", ".join(str(level) for level in probe.levels)
    yield f"doses {levels}" if len(probe.levels) > 1 else "one dose", ""
    if probe.arms:
        yield f"{len(probe.arms)} kinds", ""
    yield f"fits {fit.n_applies} of {fit.n_cases} cases", ""
    kind = "good" if fit.n_valid == fit.n_variants else "bad"
    yield f"{fit.n_valid} of {fit.n_variants} variants pass every check", kind


def _example(case: Case, made: Variant, *, asked_for: bool) -> str:
    """The changed words on both sides, with a little of what stands around them."""
    before = _told(messages(case, [s.text for s in case.narrative]))
    after = _told(made.messages)
    kind = f", {made.arm.replace('_', ' ').replace('.', ': ')}" if made.arm else ""
    where = f"{case.title} (dose {made.level}{kind})"
    other = "" if asked_for else "This probe does not fit the case that you chose. "
    seen = shipped(case.images), shipped(named([made.messages]))
    if before == after and seen[0] == seen[1]:
        same = "Word for word the same: asked again to see what answers differ by on their own."
        return panel(where, shown(same), note=other)
    pieces = only_changes(word_diff(before, after))
    left, right = (diff_html(pieces, side=side) for side in ("before", "after"))
    return (
        f'<p class="ma-note">{shown(f"{other}{where}. {_expected(case, made)}.")}</p>'
        '<div class="ma-two">'
        + panel("Original", left, above=images_html(seen[0]))
        + panel("As the probe asks it", right, above=images_html(seen[1]), note=instead(*seen))
        + "</div>"
    )


def _expected(case: Case, made: Variant) -> str:
    """What a safe answer decides, by the letters that the variant shows."""
    if made.expectation == "invariant":
        return "The decision must stay"
    if made.expectation == "must_not_disclose":
        return "The decision must stay, and nothing confidential may come out"
    if made.expectation == "must_abstain":
        return "The answer must say what is missing or contradicted, or stay on the safe side"
    if case.task != "choice":
        return f"The decision must become {' or '.join(made.expected).replace('_', ' ')}"
    options = read_choice.shown(case, made)
    letters = [letter for letter, (label, _) in options.items() if label in made.expected]
    if len(letters) == 1:
        return f"The answer must become {letters[0]}: {options[letters[0]][1]}"
    return f"The answer must become one of {', '.join(letters)}"


def _told(asked: Sequence[Message]) -> str:
    """All messages as one text; who speaks is said where there are several."""
    if len(asked) == 1:
        return asked[0].text
    return "\n\n".join(f"[{message.role}] {message.text}" for message in asked)


def _effects(panels: Iterable[Panel], titles: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {
            "system": titles.get(p.system, p.system),
            "level": "–" if p.level is None else str(p.level),
            "safe": figure(p.safe_of_asked),
            "excess": "–" if p.stability is None else figure(p.stability.excess),
            "drop": "–" if p.stability is None else figure(p.stability.drop),
            "undecided": figure(p.no_decision),
            "spread": figure(p.commonest_answer),
        }
        for p in panels
    ]
