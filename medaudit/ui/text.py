"""Untrusted text as HTML: escaped, exact, with invisible characters made visible.

Nothing from a case, a model, a judge or a file reaches a page except through here. Markdown is
never used for it: it eats ``$5``, ``~5~`` and ``*2*``, which are doses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import escape

from medaudit.diff import Piece
from medaudit.records import Span

EMPHASIS = re.compile(
    r"(?P<dose>\d+(?:[.,:/]\d+)*\s?(?:%|°\s?[CF]|(?:mg|mcg|µg|g|kg|ml|mL|l|L|mmol|mEq|units?|IU|"
    r"mmHg|bpm|cm|mm)(?:/\w+)*\b)?)"
    r"|(?P<negation>\b(?:no|not|never|without|denies|nor|neither|cannot|\w+n[’']t)\b)",
    re.IGNORECASE,
)


def shown(text: str) -> str:
    """The text as safe HTML. Control and format characters stand as ⟦U+202E⟧.

    >>> shown("<b>5 < 6</b>")
    '&lt;b&gt;5 &lt; 6&lt;/b&gt;'
    """
    return escape(visible(text), quote=True)


def visible(text: str) -> str:
    """The text with every control and format character named, not yet safe as HTML."""
    return "".join(_visible(c) for c in text)


def _visible(character: str) -> str:
    if character in "\n\t ":
        return character
    if unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}:
        return f"⟦U+{ord(character):04X}⟧"
    return character


def emphasised(text: str) -> str:
    """Safe HTML in which doses, numbers and negations carry a mark of their own."""
    return "".join(
        f'<span class="ma-{mark}">{shown(part)}</span>' if mark else shown(part)
        for part, mark in emphasis(text)
    )


def emphasis(text: str) -> Iterator[tuple[str, str]]:
    """The text in parts, each with its mark: ``dose``, ``negation`` or none.

    >>> list(emphasis("no more than 5 mg"))
    [('no', 'negation'), (' more than ', ''), ('5 mg', 'dose')]
    """
    last = 0
    for match in EMPHASIS.finditer(text):
        if match.start() > last:
            yield text[last : match.start()], ""
        yield match.group(), match.lastgroup or ""
        last = match.end()
    if last < len(text):
        yield text[last:], ""


def diff_html(pieces: Iterable[Piece], *, side: str = "both") -> str:
    """A word diff as safe HTML. ``side``: ``before`` and ``after`` leave the other's words out.

    Insertions are underlined and deletions struck through, so colour is never the only sign.
    """
    hidden = {"before": "inserted", "after": "deleted"}.get(side)
    out = []
    for piece in pieces:
        if piece.kind == hidden:
            continue
        body = emphasised(piece.text)
        if piece.kind == "same":
            out.append(body)
        else:
            tag = "ins" if piece.kind == "inserted" else "del"
            out.append(f'<{tag} class="ma-{piece.kind}">{body}</{tag}>')
    return "".join(out)


def evidence_html(text: str, spans: Iterable[Span]) -> str:
    """An answer as safe HTML with the spans that scorers rest on marked and labelled.

    Overlapping spans: the one that begins first stands, of two that begin together the longer.
    """
    return "".join(
        shown(part)
        if label is None
        else f'<mark class="ma-evidence" title="{shown(label)}">{shown(part)}</mark>'
        for part, label in cited(text, spans)
    )


def cited(text: str, spans: Iterable[Span]) -> Iterator[tuple[str, str | None]]:
    """The text in parts, those that are spans with their label."""
    last = 0
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if span.start < last or span.end > len(text):
            continue
        yield text[last : span.start], None
        yield text[span.start : span.end], span.label
        last = span.end
    yield text[last:], None


def panel(title: str, body: str, *, tag: str = "div", note: str = "", above: str = "") -> str:
    """A titled box round safe HTML. ``title`` and ``note`` are ours or escaped here.

    ``above``: safe HTML before the body, such as an image.
    """
    footer = f'<p class="ma-note">{shown(note)}</p>' if note else ""
    heading = f'<p class="ma-label">{shown(title)}</p>' if title else ""
    return (
        f'<section class="ma-panel" aria-label="{shown(title)}">{heading}{above}'
        f'<{tag} class="ma-text" tabindex="0">{body}</{tag}>{footer}</section>'
    )
