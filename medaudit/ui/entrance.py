"""What stands at the top of a page: who is here, the way out, and the sign-in form.

The forms are plain HTML and are posted to ``medaudit/ui/sign_in.py``: a password passes through no
widget, no session state and no socket.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st

from medaudit.review.passwords import set_by_another
from medaudit.review.roles import ROLES
from medaudit.ui.identity import Visitor, has_left, leads
from medaudit.ui.parts import banner, note
from medaudit.ui.session import journal
from medaudit.ui.text import shown

ANSWER = "sign_in"
"""The query parameter in which the server says why a sign-in was refused."""
WATCH_S = 20
"""How often an open page looks whether its session lasts."""
_REFUSED = {
    "wrong": "That is not a user and their password. Nothing was signed in.",
    "unnamed": "Give a name of 1 to 80 characters.",
    "old": "That is not your present password. Nothing was changed.",
    "differ": "The two new passwords are not the same. Nothing was changed.",
    "weak": "A new password has 12 characters or more and is neither the old one nor your name.",
    "changed": "Your password is changed. Everywhere else you are signed out.",
}


def entrance(who: Visitor) -> None:
    """The sign-in, for a visitor who is not admitted."""
    _left, middle, _right = st.columns([1, 2, 1])
    with middle:
        st.title("Sign in", anchor=False)
        if who.stranger:
            asked = ", ".join(leads())
            banner(
                f"You are signed in as {who.stranger}, who is no active user of this workspace. "
                f"Ask a lead to add you: {asked}."
            )
        if who.mode == "local":
            _refusal()
            st.html(_SIGN_IN.format(back=back()))
        elif who.mode == "oidc":
            if who.stranger:
                st.button("Sign out", on_click=st.logout)
            else:
                st.button("Sign in with your organisation", on_click=st.login, type="primary")


def who_is_here(who: Visitor, *, asks: bool) -> None:
    """The line that says who acts. ``asks``: this page needs somebody to act."""
    if who.mode == "open" and asks:
        _introduction(who)
    elif who.actor is not None:
        named = f"<span><strong>{shown(who.name)}</strong>, {shown(who.actor.role)}</span>"
        out = ""
        if who.mode == "local":
            _refusal()
            named = f"<details><summary>{named}</summary>{_CHANGE.format(back=back())}</details>"
            out = _SIGN_OUT
            if set_by_another(journal(), who.actor.id):
                note(_ANOTHERS)
        elif who.mode == "oidc":
            out = '<a href="auth/logout" target="_self">Sign out</a>'
        st.html(f'<div class="ma-who">{named}{out}</div>')
        if who.mode != "open":
            _watch()


@st.fragment(run_every=WATCH_S)
def _watch() -> None:
    """Clear a screen that was left open when its session ends, without waiting for a click."""
    if has_left():
        st.rerun()


def _introduction(who: Visitor) -> None:
    _refusal()
    role = "reviewer" if who.actor is None else who.actor.role
    options = "".join(
        f'<option value="{r}"{" selected" if r == role else ""}>{r}</option>' for r in ROLES
    )
    form = _NAME.format(name=shown(who.name), options=options, back=back())
    if who.actor is None:
        st.html(f'<div class="ma-entry">{form}</div>')
    else:
        st.html(
            f'<div class="ma-who"><details><summary><span><strong>{shown(who.name)}</strong>, '
            f"{shown(role)}: change</span></summary>{form}</details></div>"
        )


def _refusal() -> None:
    said = st.query_params.get(ANSWER, "")
    seconds = said.removeprefix("wait-")
    if said in _REFUSED:
        banner(_REFUSED[said])
    elif said != seconds and seconds.isascii() and seconds.isdecimal() and len(seconds) < 5:
        banner(
            f"Too many wrong passwords for this user: wait {int(seconds)} seconds, then try again. "
            "A lead can set a new password."
        )


def back(answer: str = ANSWER) -> str:
    """Where the visitor is, to come back to, without the last ``answer``; for an attribute."""
    path = urlsplit(str(st.context.url or "/")).path or "/"
    head, _, page = path.rpartition("/")
    base, _, left_over = head.rpartition("/")
    # Streamlit takes the page "cases" off "worst_cases" before it adds the page again.
    if left_over != "" and page.startswith(left_over):
        path = f"{base}/{page}"
    kept = [(k, v) for k in st.query_params for v in st.query_params.get_all(k) if k != answer]
    return shown(f"{path}?{urlencode(kept)}" if kept else path)


_SIGN_IN = """<form class="ma-entry" method="post" action="sign-in">
<label>User id<input name="user" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="80" required></label>
<label>Password<input name="secret" type="password" autocomplete="current-password"
 maxlength="1024" required></label>
<input type="hidden" name="back" value="{back}"><button type="submit">Sign in</button>
<p class="ma-note">A lead of this workspace adds people and sets passwords.</p></form>"""
_SIGN_OUT = '<form method="post" action="sign-out"><button type="submit">Sign out</button></form>'
_CHANGE = """<form class="ma-entry" method="post" action="new-password">
<label>Present password<input name="secret" type="password" autocomplete="current-password"
 maxlength="1024" required></label>
<label>New password<input name="fresh" type="password" autocomplete="new-password" minlength="12"
 maxlength="1024" required></label>
<label>New password again<input name="again" type="password" autocomplete="new-password"
 minlength="12" maxlength="1024" required></label>
<input type="hidden" name="back" value="{back}"><button type="submit">Change</button></form>"""
_ANOTHERS = (
    "A lead chose your password. Open your name above and choose one that nobody else knows: you "
    "sign with it."
)
_NAME = """<form class="ma-entry" method="post" action="say-who">
<label>Your name, as the journal keeps it<input name="who" value="{name}" maxlength="80"
 autocomplete="name" required placeholder="e.g. A. Reviewer"></label>
<label>Acting as<select name="acting">{options}</select></label>
<input type="hidden" name="back" value="{back}"><button type="submit">Go on</button>
<p class="ma-note">A single-person workspace: nobody signs in and a role is yours to choose, on this
machine only, until the first user is added (medaudit user add).</p></form>"""
