"""Small pieces that several pages show the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from medaudit.errors import MedauditError
from medaudit.resources import root
from medaudit.taxonomy import taxonomy
from medaudit.ui.session import store
from medaudit.ui.text import shown


def banner(text: str) -> None:
    """A line that says what the data on this page is."""
    st.html(f'<p class="ma-banner" role="note">{shown(text)}</p>')


def note(text: str) -> None:
    """Small print that is still meant to be read."""
    st.html(f'<p class="ma-note">{shown(text)}</p>')


def problem(error: MedauditError) -> None:
    """A mendable error: what happened and what to do, without a traceback."""
    st.html(f'<div class="ma-banner" role="alert"><strong>{shown(str(error))}</strong></div>')


def empty(what: str, *commands: str) -> None:
    """What to do when there is nothing to show yet."""
    st.html(f'<p class="ma-banner" role="note">{shown(what)}</p>')
    for command in commands:
        st.code(command, language=None, wrap_lines=True)


def chips(items: Iterable[tuple[str, str]]) -> str:
    """Short labels in a row, as safe HTML. Each is (text, kind): kind ``bad``, ``good`` or ""."""
    spans = "".join(
        f'<span class="ma-chip{f" ma-{kind}" if kind else ""}">{shown(text)}</span>'
        for text, kind in items
    )
    return f'<div class="ma-chips">{spans}</div>'


PROSE = frozenset({"notes", "means"})
"""Columns of sentences, which need room also on a narrow screen."""


def table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], caption: str) -> None:
    """An HTML table that screen readers read: ``columns`` maps a key to its heading.

    None is shown as a dash, never as zero. Floats have three decimals.
    """
    listed = list(rows)
    numeric = {
        key
        for key in columns
        if listed and all(isinstance(r[key], int | float | type(None)) for r in listed)
    }

    def mark(key: str) -> str:
        if key in numeric:
            return ' class="ma-num"'
        return ' class="ma-prose"' if key in PROSE else ""

    head = "".join(f'<th scope="col"{mark(k)}>{shown(v)}</th>' for k, v in columns.items())
    body = "".join(
        "<tr>" + "".join(f"<td{mark(k)}>{shown(_cell(row[k]))}</td>" for k in columns) + "</tr>"
        for row in listed
    )
    st.html(
        f'<div class="ma-scroll" tabindex="0" role="region" aria-label="{shown(caption)}">'
        f'<table class="ma-table"><caption class="ma-note">{shown(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def harm_name(level: int | None) -> str:
    """A harm level in words; None is not rated."""
    if level is None or level != level:
        return "harm not rated"
    return f"{int(level)} {taxonomy().harm[int(level)].name.lower()}"


def heading(title: str) -> str | None:
    """The page's title beside the run that it shows. None: the workspace has no run."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.title(title, anchor=False)
    with right:
        return chosen_run()


def chosen_run() -> str | None:
    """The run to show, kept in the address. None: the workspace has no run."""
    runs = store().rows("runs")
    if not runs:
        return None
    titles: dict[str, str] = {
        r["run_id"]: f"{r['title']} ({r['state']}, {r['n_received']} answers)" for r in runs
    }
    wanted = st.query_params.get("run")
    index = list(titles).index(wanted) if wanted in titles else 0
    if len(titles) == 1:
        return next(iter(titles))
    picked: str = st.selectbox("Run", list(titles), index=index, format_func=titles.__getitem__)
    st.query_params["run"] = picked
    return picked


def figures(items: Iterable[tuple[str, str]]) -> None:
    """Headline counts in a row: each is (figure, what it counts)."""
    cells = "".join(
        f'<div class="ma-figure"><strong>{shown(value)}</strong><span>{shown(what)}</span></div>'
        for value, what in items
    )
    st.html(f'<div class="ma-figures">{cells}</div>')


def doors() -> None:
    """Where each kind of user goes from here."""
    choices = (
        ("Clinician", "review", "Grade answers blind, by keyboard, original beside stressed case."),
        ("Procurement", "worst_cases", "What could go wrong here, most harmful first."),
        ("Researcher", "domains", "System by domain: competence, spread, worst case."),
    )
    for column, (who, page, what) in zip(st.columns(3), choices, strict=True):
        with column.container(border=True):
            st.subheader(who, anchor=False)
            st.html(f"<p>{shown(what)}</p>")
            st.page_link(root() / "pages" / f"{page}.py", label=f"Open {page.replace('_', ' ')}")


def case_links(run: str, *, system: str, domain: str) -> None:
    """The cases behind one cell, worst first, each a link."""
    rows = store().rows("cell_cases", run=run, system=system, domain=domain)
    items = "".join(
        f'<li><a href="cases?{shown(urlencode({"run": run, "case": r["case_id"], "a": system}))}" '
        f'target="_self">{shown(r["title"])}</a>: mean {_cell(r["mean"])}, worst '
        f"{_cell(r['worst'])}, {r['n_rows']} of {r['n_expected']} answers scored, harm "
        f"{_cell(r['harm'])}</li>"
        for r in rows
    )
    title = rows[0]["system_title"] if rows else system
    st.html(f"<h3>{shown(title)}, {shown(domain)}: its cases, worst first</h3><ul>{items}</ul>")
