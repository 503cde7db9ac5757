"""One case on a page: what was asked, what two systems answered, and what the scores rest on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from medaudit.diff import word_diff
from medaudit.errors import WorkspaceDamaged
from medaudit.records import Case
from medaudit.store.pictures import named, pictures
from medaudit.taxonomy import taxonomy
from medaudit.ui.card import VIEWS, probe_name, prompts_html
from medaudit.ui.evidence import evidence
from medaudit.ui.parts import chips, harm_name, table
from medaudit.ui.session import store
from medaudit.ui.text import diff_html, evidence_html, panel, shown

VIEW_NAMES = {"diff": "Word diff", "clean": "Clean", "changes": "Changes only"}
ANSWER_NAMES = {"evidence": "Evidence", "diff": "Answers compared"}


def case_view(run: str, case_id: str, *, answered: bool = True) -> None:
    """The case with its variants, two answers beside each other, and what it asks of an answer.

    Not ``answered``: only what was asked. What a safe answer decides and needs is for who grades to
    unfold on the card, where it is logged.
    """
    variants = store().rows("variants_of_case", run=run, case=case_id)
    base = next((v for v in variants if v["family"] == "base"), None)
    if base is None:
        raise WorkspaceDamaged(
            f"the suite of run {run} has lost the original of {case_id}; run `medaudit doctor`"
        )
    record = Case.model_validate_json(base["case_record"])
    labels = {v["variant_id"]: _variant_label(v) for v in variants}
    wanted = st.query_params.get("variant")
    stressed = [v["variant_id"] for v in variants if v["family"] != "base"]
    start = wanted if wanted in labels else (stressed or list(labels))[0]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Variant", list(labels), list(labels).index(start), format_func=labels.__getitem__
    )
    view = right.segmented_control(
        "How it is shown", VIEWS, default="diff", format_func=VIEW_NAMES.__getitem__
    )
    variant = next(v for v in variants if v["variant_id"] == chosen)
    st.html(chips([*_asked(record), *(_expected(record, variant) if answered else [])]))
    kept = store().workspace.run(run)
    before, after = (pictures(kept, named(v["images"])) for v in (base, variant))
    st.html(prompts_html(base["prompt"], variant["prompt"], view or "diff", (before, after)))
    if not answered:
        return
    _answers(run, chosen)
    with st.expander("What a safe answer needs, and where that comes from"):
        _reference(record)


def _variant_label(row: dict[str, Any]) -> str:
    dose = f", dose {row['level']}" if row["level"] else ""
    invalid = "" if row["valid"] else " (failed a validity check: kept out of every comparison)"
    return probe_name(row["probe"]) + dose + invalid


def _asked(case: Case) -> list[tuple[str, str]]:
    domain = taxonomy().domain(case.domain)
    return [
        (f"{domain.id} {domain.name}", ""),
        (case.subdomain.replace("_", " "), ""),
        (f"asked by: {case.perspective}", ""),
        (f"clinical review: {case.status}", ""),
    ]


def _expected(case: Case, variant: dict[str, Any]) -> list[tuple[str, str]]:
    abstains = ["to say what is missing"] if variant["expectation"] == "must_abstain" else []
    right = [*variant["acceptable"], *abstains]
    return [
        (f"worst credible harm {harm_name(case.stakes)}", ""),
        (f"acceptable: {', '.join(right).replace('_', ' ')}", "good"),
        ("expected to change nothing", "")
        if variant["expectation"] == "invariant"
        else (f"expected: {variant['expectation'].replace('_', ' ')}", ""),
    ]


def _answers(run: str, variant_id: str) -> None:
    rows = store().rows("answers_of_variant", run=run, variant=variant_id)
    if not rows:
        st.html('<p class="ma-banner">No system has answered this variant yet.</p>')
        return
    titles = {r["system_id"]: r["system_title"] for r in rows}
    ids = list(titles)
    left, right, third, fourth = st.columns([3, 3, 2, 3])
    asked = st.query_params.get("a")
    first = ids.index(asked) if asked in titles else 0
    a = left.selectbox("System A", ids, first, format_func=titles.__getitem__)
    other = next((k for k, s in enumerate(ids) if s != a), 0)
    b = right.selectbox("System B", ids, other, format_func=titles.__getitem__, key=f"b-{a}")
    repeats = sorted({r["repeat"] for r in rows})
    repeat = third.selectbox("Repeat", repeats, format_func=lambda n: f"{n + 1} of {len(repeats)}")
    how = fourth.segmented_control(
        "Answers", list(ANSWER_NAMES), default="evidence", format_func=ANSWER_NAMES.__getitem__
    )
    found = {r["system_id"]: r for r in rows if r["repeat"] == repeat}
    texts = {s: (found[s]["text"] or "") if s in found else "" for s in (a, b)}
    pieces = word_diff(texts[a], texts[b])
    for column, system, side in zip(st.columns(2), (a, b), ("before", "after"), strict=True):
        with column:
            if system not in found:
                st.html(panel(titles[system], "<em>not answered yet</em>"))
                continue
            row = found[system]
            body = (
                diff_html(pieces, side=side)
                if how == "diff"
                else evidence_html(texts[system], evidence(run, row["response_id"]))
            )
            st.html(panel(titles[system], body or f"<em>{shown(row['outcome'])}</em>"))
            st.html(_answer_chips(row))
    with st.expander("Every score of both answers"):
        for system in dict.fromkeys((a, b)):
            if system in found:
                table(
                    store().rows(
                        "scores_of_response",
                        run=run,
                        response=found[system]["response_id"],
                    ),
                    {
                        "scorer": "Scorer or judge", "dimension": "Dimension",
                        "outcome": "Outcome", "value": "Value", "label": "Label", "harm": "Harm",
                        "reason": "Reason",
                    },
                    f"{titles[system]}: values in [0, 1], higher is safer",
                )  # fmt: skip


def _answer_chips(row: dict[str, Any]) -> str:
    acceptable = row["correct"] is True
    decision = (row["decision"] or "no decision").replace("_", " ")
    score = "not scored" if row["case_score"] is None else f"case score {row['case_score']:.2f}"
    kind = "good" if acceptable else "bad" if row["decision"] else ""
    source = {"person": "judged by a person", "automatic": "by rules"}.get(row["harm_source"], "")
    return chips(
        [
            (("✓ " if acceptable else "✗ " if row["decision"] else "") + decision, kind),
            (score, ""),
            (f"{_harm(row['harm'])} {source}".strip(), ""),
            (row["outcome"], ""),
        ]
    )


def _harm(level: int | None) -> str:
    return harm_name(level) if level is None else f"harm {harm_name(level)}"


def _reference(case: Case) -> None:
    weights = {3: "red flag", 2: "decides", 1: "background"}
    table(
        [{"fact": f.text, "weight": weights[f.weight]} for f in case.facts],
        {"fact": "Fact", "weight": "Weight"},
        "Facts that a safe answer may rest on",
    )
    table(
        [{"action": f.text, "harm": harm_name(f.harm)} for f in case.forbidden],
        {"action": "Forbidden action", "harm": "Potential harm"},
        "Critical harms: any of them makes the case score 0",
    )
    table(
        [{"name": g.name, "year": str(g.year), "says": g.statement} for g in case.guidelines],
        {"name": "Source", "year": "Year", "says": "What it says"},
        "Where the reference decision comes from",
    )
    left, right = st.columns(2)
    left.html(panel("A safe answer, written for this case", shown(case.safe.text)))
    right.html(panel("An unsafe answer, written for this case", shown(case.unsafe.text)))
