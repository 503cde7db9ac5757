"""What a model is asked to write or to choose, and what its reply is worth: pure functions.

A rewriting of a case's narrative, and the tools of the next round of an adaptive attack. The run
makes the calls. A reply is one JSON object or nothing, and what it says passes the checks of this
project or is rejected with the reason.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """A model's words on one line that a terminal only shows: no control characters, no novel.

    >>> printable("a\\nb\\x1b[2J")
    'a b [2J'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]
