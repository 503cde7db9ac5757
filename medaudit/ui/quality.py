"""The agreement and quality page, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from medaudit.charts.agreement import interval_rows, intervals
from medaudit.review import Actor, verdict_words
from medaudit.review import quality_words as words
from medaudit.review.agreement import LEVELS, Confusion, Pair
from medaudit.review.quality import Judge, Quality, Readers, own_quality, quality
from medaudit.review.readers import Reader
from medaudit.review.verdicts import ModelJudge
from medaudit.taxonomy import taxonomy
from medaudit.ui.card import probe_name
from medaudit.ui.parts import figures, note, table
from medaudit.ui.session import store
from medaudit.ui.text import shown

MOST = 20
"""Disagreements listed; the widest come first."""
CHARTED = ("percent_agreement", "kappa", "kappa_quadratic", "ac1", "ac2_quadratic",
           "alpha_nominal", "alpha_ordinal", "pabak", "specific_yes", "specific_no")  # fmt: skip


@st.cache_data(max_entries=32, show_spinner="Computing agreement …")
def _computed(actor: Actor, run: str, queue: str | None, home: str, version: int) -> Quality:
    """Once for each actor and each state of the workspace."""
    return quality(store(), actor, run, queue)


def all_of(actor: Actor, run: str, queue: str | None) -> Quality:
    """The quality of a run as this actor may see it. Raises ``NotPermitted``."""
    opened = store()
    return _computed(actor, run, queue, str(opened.workspace.path), opened.version)


def own_of(actor: Actor, run: str) -> Reader:
    """The actor's own figures."""
    return own_quality(store(), actor, run)


def top(found: Quality) -> None:
    """The answer first: do readers agree, what do the scores miss, how far is the review."""
    done = sum(q.n_done for q in found.queues)
    items = sum(q.n_items for q in found.queues)
    left = sum(q.n_disputes for q in found.queues)
    declined = sum(q.n_not_judgeable for q in found.queues)
    st.html(f'<p class="ma-lead">{shown(words.agreement_sentence(found.readers))}</p>')
    st.html(f'<p class="ma-lead">{shown(words.judge_sentence(found.judge))}</p>')
    figures(
        [
            (f"{done} of {items}", "items with every read in"),
            (f"{found.readers.overall.n_pairs}", "items read by two people"),
            (f"{left}", "disputes wait for a third person"),
            (f"{declined}", "reads declared not judgeable"),
            (f"{found.readers.together.n_reads}", "complete reads"),
        ]
    )
    for queue in found.queues:
        if queue.closed_reason is not None:
            note(f"Queue {queue.queue} was closed before its end: {queue.closed_reason}")
    note(
        "Only complete items count: while a read that was asked is open, the other stands in no "
        "figure. Intervals: 95 %, clustered by base case."
    )


def readers_part(readers: Readers, run: str) -> None:
    """Every coefficient together, where readers differ, and what they had opened."""
    group = readers.overall
    if group.n_pairs == 0:
        note("Nothing to compare yet: an item counts once both of its reads are in.")
        return
    if group.withheld is None:
        estimates = {
            words.COEFFICIENTS[key]: {
                words.SCALES[scale.scale]: scale.estimates[key]
                for scale in group.scales
                if key in scale.estimates
            }
            for key in CHARTED
        }
        charted = interval_rows(estimates)
        st.altair_chart(intervals(charted, axis="agreement; 1 is perfect"), key="coefficients")
        columns = {"name": "Coefficient", **words.SCALES}
        table(words.coefficient_rows(group), columns, "All coefficients with 95 % intervals")
        note(
            "Kappa and alpha fall towards 0 where almost every answer is harmless, even when "
            "readers nearly always agree: read them beside prevalence and AC1. For orientation: "
            "experienced users of the AHRQ Harm Scale reached kappa 0.58 (PMID 24080718). "
            f"However often one looks, percent agreement: {words.limits(readers.watched)}. "
            + words.notes([readers.watched, group.scales[0].estimates["alpha_ordinal"]])
        )
    else:
        note(f"No coefficients: {group.withheld}. The counts below stand as they are.")
    left, right = st.columns(2)
    with left:
        confusion_table(readers.between, "First read against second read")
    with right:
        confusion_table(readers.against_verdict, "Each read against the verdict of a third person")
    columns = {"pairs": "Pairs", "same": "Same level", "far": "Two levels apart",
               "alpha": "Alpha, ordinal", "ac2": "AC2, quadratic",
               "severe": "Agreement on severe", "notes": "Notes"}  # fmt: skip
    domains = {d.id: f"{d.id} {d.name}" for d in taxonomy().domains}
    probes = {p.group: probe_name(p.group) for p in readers.by_probe}
    rows = words.group_rows(readers.by_domain, domains)
    table(rows, {"group": "Domain", **columns}, "Agreement by domain")
    rows = words.group_rows(readers.by_probe, probes)
    table(rows, {"group": "Probe", **columns}, "Agreement by probe")
    differing(readers.differing, readers.n_disputed, run)
    if readers.asides:
        table(
            [{"what": a.what.replace("_", " "), "opened": a.opened, "n": a.n_pairs,
              "differ": a.n_differ} for a in readers.asides],
            {"what": "Opened before the grade", "opened": "By which readers", "n": "Pairs",
             "differ": "Differ"},
            "Pairs by what had been opened: counts, no test, as nobody opens things by chance",
        )  # fmt: skip


def confusion_table(found: Confusion, caption: str) -> None:
    """Counts of one grade against another; the diagonal is agreement, in bold and framed."""
    if found.n == 0:
        note(f"{caption}: nothing yet.")
        return
    names = [*(str(level) for level in LEVELS), "no level"]
    most = max(max(row) for row in found.counts)
    head = "".join(f'<th scope="col" class="ma-num">{name}</th>' for name in names)
    body = ""
    for i, (name, row) in enumerate(zip(names, found.counts, strict=True)):
        cells = "".join(
            f'<td class="ma-num ma-q{-(-4 * n // most)}{" ma-same" if i == j else ""}">{n}</td>'
            for j, n in enumerate(row)
        )
        body += f'<tr><th scope="row">{name}</th>{cells}</tr>'
    text = f"{caption}. Rows: {found.rows}; columns: {found.columns}; {found.n} in all."
    st.html(
        f'<div class="ma-scroll" tabindex="0" role="region" aria-label="{shown(caption)}">'
        f'<table class="ma-table ma-confusion"><caption class="ma-note">{shown(text)}</caption>'
        f'<thead><tr><th scope="col">{shown(found.rows)}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def differing(pairs: Sequence[Pair], n_disputed: int, run: str) -> None:
    """Where readers differ, the widest gap first, each with a link to its case."""
    hidden = f"; {n_disputed} more wait for a third person and are not listed" if n_disputed else ""
    st.subheader("Where readers differ", anchor=False)
    note(f"{len(pairs)} settled items, the widest gap first{hidden}.")
    items = "".join(
        f'<li><a href="cases?{shown(urlencode({"run": run, "case": p.case_id}))}" target="_self">'
        f"{shown(p.case_title)}</a> ({shown(p.domain)}, {shown(probe_name(p.probe))}): "
        f"{shown(words.pair_words(p))}</li>"
        for p in pairs[:MOST]
    )
    if items:
        st.html(f"<ul>{items}</ul>")


def each_part(readers: Sequence[Reader], *, note_on_names: str) -> None:
    """Pace, drift, test-retest, gold and shift after the reveal."""
    table(
        words.reader_rows(readers),
        {"name": "Reader", "reads": "Reads", "pace": "Median time (quartiles)",
         "fast": "Under a fifth of own median", "drift": "Drift per 10 items",
         "changed": "Changed after reveal", "retest": "Hidden repeats", "gold": "Gold",
         "notes": "Notes"},
        "Readers",
    )  # fmt: skip
    note(
        "Drift: change of (reader's harm level − automatic level) over ten items of a sitting; a "
        "pause of over 30 minutes ends a sitting. Shift: harm level after the reveal − before it, "
        "over all reads that could be changed; above 0, readers grade higher once they know. "
        + note_on_names
    )


def judge_part(judge: Judge) -> None:
    """What the scores miss, how lenient they are, what they let pass, and towards whom."""
    table(
        words.judged_rows([judge.overall, *judge.by_domain]),
        {"group": "Domain", "n": "Answers read", "severe": "Severe for people",
         "missed": "Missed by scores", "alarm": "False alarms",
         "leniency": "Leniency of scores (levels)", "sensitivity": "Sensitivity, severe",
         "specificity": "Specificity", "notes": "Notes"},
        "Automatic scores against people, of the answers that were read",
    )  # fmt: skip
    columns = {"name": "", "value": "Estimate", "notes": "Notes"}
    table(
        [{"name": name, "value": words.figure(e, percent=True), "notes": words.notes([e]) or "–"}
         for name, e in (("Sensitivity for severe harm", judge.sensitivity),
                         ("Specificity", judge.specificity),
                         ("Passes with some harm", judge.false_pass.any_harm),
                         ("Passes with severe harm", judge.false_pass.severe))],
        columns, "The same for the whole run, corrected for the draw",
    )  # fmt: skip
    st.html(f"<p>{shown(words.false_pass_sentence(judge.false_pass))}</p>")
    note(
        "Leniency: people's harm level − automatic level; above 0, the scores see less harm than "
        "people. Answers come to people because they look harmful, so the first table describes "
        "them and not the run. While a dispute is open the higher read counts. A pass is an "
        "answer with an acceptable decision and no suspected "
        f"harm ({judge.false_pass.n_passed:,} in this run)."
    )
    st.subheader("Are scores kinder to their own vendor?", anchor=False)
    effect = judge.vendor
    text = effect.reason
    if text is None:
        text = f"Leniency towards the own vendor less towards others: {words.figure(effect.difference, sign=True)} harm levels."  # noqa: E501
    st.html(f"<p>{shown(text)}</p>")


def judges_part(judges: Sequence[ModelJudge]) -> None:
    """Models as judges: whose verdicts count, how they stand against people, what they let pass."""
    if not judges:
        note("No model has judged this run. Whoever runs it may ask some: medaudit judge RUN.")
        return
    items = "".join(f"<li>{shown(verdict_words.judge_sentence(judge))}</li>" for judge in judges)
    st.html(f'<ul class="ma-lead">{items}</ul>')
    table(
        verdict_words.trust_rows(judges),
        {"judge": "Judge, kind", "counts": "Verdict counts", "people": "Sent to people",
         "notes": "What became of the others"},
        "Judges of this run: on how many answers their verdict counts",
    )  # fmt: skip
    table(
        verdict_words.against_rows(judges),
        {"judge": "Judge, kind", "group": "Domain", "n": "Compared of read",
         "leniency": "Leniency", "severe": "Severe caught", "sensitivity": "Sensitivity, severe",
         "notes": "Notes"},
        "Judges against people, by domain, of the answers that were read",
    )  # fmt: skip
    table(
        verdict_words.passed_rows(judges),
        {"judge": "Judge, kind", "read": "Passes: read, drawn, in all",
         "any": "Some harm", "severe": "Severe harm", "watched": "However often one looks, severe",
         "own": "Kinder to own vendor", "notes": "Notes"},
        "What each judge lets pass, from the random share, and whether it prefers its own vendor",
    )  # fmt: skip
    note(
        "A judge passes an answer when it gives at least half of the points; people pass it when "
        "they find no harm. Leniency: share that the judge passes less the share that people find "
        "harmless, on the same answers; above 0, the judge is kinder than people. Compared: "
        "answers that people gave a harm level and on which the judge's verdict counts. Kinder to "
        "own vendor: leniency towards systems of its own vendor less leniency towards others, on "
        "the same cases; only where somebody forced a judge to judge its own kind."
    )


def corrected_part(judge: Judge, titles: dict[str, str]) -> None:
    """Rates that people would find on the whole run, and whether two systems differ."""
    if judge.queue is None:
        note("No queue of this run was drawn at random: its reads are case finding, no estimate.")
        return
    for event, name in words.EVENTS.items():
        found = [c for c in judge.corrected if c.event == event]
        shown_as = {
            titles.get(c.system_id, c.system_id): {
                "automatic": c.automatic,
                "corrected by people": c.corrected,
            }
            for c in found
        }
        st.subheader(f"Answers with {name}", anchor=False)
        rows = interval_rows(shown_as)
        if rows:
            st.altair_chart(intervals(rows, axis=f"share of answers with {name}"), key=event)
        table(
            words.corrected_rows(found, titles),
            {"system": "System", "automatic": "Automatic", "corrected": "Corrected, one look",
             "watched": "However often one looks", "read": "Read",
             "discordant": "Cases that differ", "notes": "Notes"},
            f"Share of answers with {name}: scores alone, and corrected by reads",
        )  # fmt: skip
    left = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in judge.untouched.items())
    note(
        f"From the draw of queue {judge.queue}. Corrected: AIPW over cases, for one look when the "
        "queue is finished. Whoever looks every day reads the confidence sequence beside it. "
        f"{judge.n_no_chance} answers that people read outside this draw are in no corrected "
        "figure." + (f" Drawn and not read at all yet: {left}." if left else "")
    )
    st.subheader("Do two systems differ in severe harm?", anchor=False)
    table(
        words.comparison_rows(judge.comparisons, titles),
        {"pair": "Systems", "cases": "Cases with reads of both", "difference": "Difference",
         "decision": "So far", "needed": "Cases still needed", "notes": "Notes"},
        "Paired by case, by a confidence sequence: decided once it excludes 0 or stays within 5 "
        "points",
    )  # fmt: skip
    note(
        "Cases still needed: to see a difference of 5 points with 80 % power, from the spread so "
        "far at its 80 % upper bound; a confidence sequence takes 1.5 to 2 times as many."
    )
