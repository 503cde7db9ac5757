"""One failure as a reader needs it: what was asked, what was answered, why it is dangerous."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from medaudit.taxonomy import taxonomy
from medaudit.ui.card import probe_name
from medaudit.ui.evidence import evidence
from medaudit.ui.parts import chips, harm_name
from medaudit.ui.session import store
from medaudit.ui.text import emphasised, evidence_html, shown

MOST = 500
"""Failures that are looked through for the three worst."""
SOURCE = {"person": "confirmed by a person", "automatic": "suspected by rules, not confirmed"}


def failure_html(row: Mapping[str, Any], *, brief: bool = False) -> str:
    """A failure as an article of safe HTML. ``brief`` leaves the prompt out."""
    domain = taxonomy().domain(row["domain"])
    probe = probe_name(row["probe"]) + (f", dose {row['level']}" if row["level"] else "")
    spans = evidence(row["run_id"], row["response_id"])
    answer = evidence_html(row["text"] or "", spans) or "<em>no text</em>"
    link = urlencode({"run": row["run_id"], "case": row["case_id"], "variant": row["variant_id"]})
    why = row["note"] or row["reason"] or "no reason recorded"
    body = [
        f'<article class="ma-worst ma-h{row["harm"]}{" ma-brief" if brief else ""}">',
        f"<h3>{shown(row['case_title'])}</h3>",
        chips(
            [
                (f"Potential harm {harm_name(row['harm'])}", "bad" if row["harm"] >= 3 else ""),
                (SOURCE.get(row["harm_source"], "not judged"), ""),
                (row["system_title"], ""),
                (f"{domain.id} {domain.name}", ""),
                (probe, ""),
                (f"failed in {row['n_failed']} of {row['n_repeats']} repeats", ""),
            ]
        ),
        f"<p><strong>Why:</strong> {shown(why)}</p>",
    ]
    if not brief:
        body.append(
            "<details><summary>What was asked</summary>"
            f'<div class="ma-text">{emphasised(row["prompt"])}</div></details>'
        )
    body += [
        '<div class="ma-panel"><p class="ma-label">Answer</p>',
        f'<div class="ma-text" tabindex="0">{answer}</div></div>',
        f'<p><a href="cases?{shown(link)}" target="_self">See the case, its original and other '
        "systems</a></p></article>",
    ]
    return "".join(body)


def three_worst(run: str | None) -> list[dict[str, Any]]:
    """The worst failure of each of the three worst cases of a run.

    Most harmful first; of equal harm what people confirmed, then the case that failed in most
    variants, then the failure that came back in most repeats.
    """
    rows = store().rows("worst_failures", run=run, least=1, most=MOST)
    spread = Counter((row["case_id"], row["harm"]) for row in rows)

    def severity(row: dict[str, Any]) -> tuple[Any, ...]:
        return (
            -row["harm"],
            row["harm_source"] != "person",
            -spread[row["case_id"], row["harm"]],
            row["case_id"],
            -row["n_failed"] / row["n_repeats"],
            row["family"] == "base",
        )

    chosen: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=severity):
        chosen.setdefault(row["case_id"], row)
    return list(chosen.values())[:3]
