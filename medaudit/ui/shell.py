"""The frame of every page: style, navigation, the banner about what the data is, error display."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from medaudit.errors import MedauditError
from medaudit.resources import root
from medaudit.ui.entrance import entrance, who_is_here
from medaudit.ui.identity import visitor
from medaudit.ui.parts import banner, problem
from medaudit.ui.session import store

PAGES = (
    ("home", "Home"),
    ("cases", "Cases"),
    ("probes", "Probes"),
    ("review", "Review"),
    ("adjudication", "Adjudication"),
    ("quality", "Agreement"),
    ("record", "Record"),
    ("domains", "Domains"),
    ("worst_cases", "Worst cases"),
    ("runs", "Runs"),
)
# No icons: Streamlit would load them as page icons from another host.
ACTS = frozenset({"review", "adjudication", "quality", "record"})
"""Pages on which somebody acts: where nobody signs in they ask for a name first."""


def main() -> None:
    st.set_page_config(page_title="medaudit", layout="wide", initial_sidebar_state="collapsed")
    st.html(Path(__file__).with_name("style.css"))
    try:
        who = visitor()
    except MedauditError as error:
        _navigation(shown=False)
        problem(error)
        return
    page = _navigation(shown=who.admitted)
    try:
        if not who.admitted:
            entrance(who)
            return
        who_is_here(who, asks=page.url_path in ACTS)
        notices = [row["notice"] for row in store().rows("notices")]
        if notices:
            banner(" ".join(notices))
        page.run()
    except MedauditError as error:
        problem(error)


def _navigation(*, shown: bool) -> StreamlitPage:
    """The page that was asked for. Declared even when it is not shown: see decision 0004."""
    return st.navigation(
        [
            st.Page(
                root() / "pages" / f"{name}.py",
                title=title,
                url_path="" if name == "home" else name,
                default=name == "home",
                visibility="visible" if shown else "hidden",
            )
            for name, title in PAGES
        ],
        position="top",
    )


main()
