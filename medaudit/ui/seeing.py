"""Whether a page may show what came of a run, said on the page: ask before any such query."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from medaudit.review import see_results
from medaudit.ui.identity import visitor
from medaudit.ui.parts import banner
from medaudit.ui.session import journal, store
from medaudit.ui.text import shown


def results_of(run: str) -> bool:
    """Whether the visitor sees the results of a run. If not, the page says why and until when.

    If so although they still grade there, it says that their grades are marked from now on.
    """
    who = visitor()
    if who.actor is None:
        return who.mode == "open"
    if not store().rows("queues"):  # nothing is graded here, and a journal need not be made
        return True
    sight = see_results(store(), journal(), who.actor, run)
    if sight.closed:
        links = " · ".join(
            f'<a href="review?{shown(urlencode({"q": queue}))}" target="_self">'
            f"Grade in {shown(queue)}</a>"
            for queue in sight.queues
        )
        banner(closed(sight.queues, sight.n_open))
        st.html(f"<p>{links}</p>")
    elif sight.queues:
        banner(marked(sight.queues))
    return not sight.closed


def closed(queues: tuple[str, ...], n_open: int) -> str:
    """Why results are closed and when they open.

    >>> closed(("first",), 3)
    'The results of this run are closed to you until every answer of queue first that you can \
grade has all its reads (3 to go): answers, systems and scores would tell you what to find.'
    """
    return (
        f"The results of this run are closed to you until every answer of {_named(queues)} that "
        f"you can grade has all its reads ({n_open} to go): answers, systems and scores would "
        "tell you what to find."
    )


def marked(queues: tuple[str, ...]) -> str:
    """What seeing results does to grades that are still to come."""
    return (
        "Answers of this run are still open to you: what you see here can anchor your grades; "
        f"your later grades in {_named(queues)} are marked so."
    )


def _named(queues: tuple[str, ...]) -> str:
    """The queues in words.

    >>> _named(("a",)), _named(("a", "b"))
    ('queue a', 'queues a and b')
    """
    return f"queue{'s' if len(queues) > 1 else ''} {' and '.join(queues)}"
