"""Validity of a narrative that comes as one text: no sentence of it is known to be the case's.

The checks by rule of every rewriting hold here as well, under the same names. Three of them read
which sentence came from where; on a free text they ask for more in its place: every fact that the
case's own words state is stated, background included; as many negations as the sentences of the
case can have, plain or colloquial; and no fact denied, no medicine named that the case does not.
Four more hold for free texts alone. A symptom invented in words that no pattern of the case knows
is not seen: that is for the clinicians who confirm a sample.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from medaudit.assertion import Mood, asserted, matches
from medaudit.probes.declared import measured
from medaudit.probes.drug_name_swap import any_name
from medaudit.probes.negation import negations
from medaudit.probes.rewriting import Piece, Rewriting, unchanged
from medaudit.probes.validity import CHECKS, Original, stated
from medaudit.prompt import OPENING, choices, narrative
from medaudit.records import Check, Fact
from medaudit.tokens import tokens

SHORTEST, LONGEST = 0.6, 4.0
"""Words of a text for each word of the case's narrative."""
MARKUP = "|{}<>`*#_\\"
_DENIED: tuple[Mood, ...] = ("negated",)


def free(text: str) -> Rewriting:
    """A narrative of which nobody says where its sentences come from."""
    return Rewriting((Piece(text, "replaced"),))


def free_checks(
    original: Original, text: str, closed: bool, quotes: Sequence[str] = ()
) -> tuple[Check, ...]:
    """Every check of one free text, in a fixed order.

    ``closed``: question and form of the answer stand below it as the case has them. ``quotes``:
    words of the case that the stress calls for, such as a wrong option; they are taken out before
    anything is read.
    """
    for quote in sorted(quotes, key=len, reverse=True):
        text = text.replace(quote, "that")
    told = free(text)
    found = {name: OWN.get(name, fault)(original, told) for name, fault in CHECKS.items()}
    found["question_kept"] = "" if closed else "the question or the form of the answer changed"
    found |= {name: fault(original, told) for name, fault in ALONE.items()}
    return tuple(Check(name=n, passed=not why, reason=why) for n, why in found.items())


def _edit_present(original: Original, told: Rewriting) -> str:
    text = told.sentences[0]
    if not text.strip():
        return "the text is empty"
    return "the text is that of the case" if _words(text) == _words(original.text) else ""


def _all_stated(original: Original, told: Rewriting) -> str:
    """In place of the sentences: each fact that they state, background included, and as fully.

    As fully: in as many places as in the case's plain or colloquial words, whichever has fewer.
    """
    case, text = original.case, told.sentences[0]
    own, found = stated(case, unchanged(case)), stated(case, told)
    lay = narrative(sentence.lay for sentence in case.narrative)
    lost = [fact.id for fact in case.facts if fact.id in own and fact.id not in found]
    less = [
        fact.id
        for fact in case.facts
        if fact.id in own and fact.id in found
        and _places(text, fact) < min(_places(original.text, fact), _places(lay, fact))
    ]  # fmt: skip
    words = (f"not stated: {', '.join(lost)}" if lost else "",
             f"stated less fully: {', '.join(less)}" if less else "")  # fmt: skip
    return "; ".join(filter(None, words))


def _negations_kept(original: Original, told: Rewriting) -> str:
    ways = [{negations(s.text), negations(s.lay)} for s in original.case.narrative]
    least, most = sum(min(way) for way in ways), sum(max(way) for way in ways)
    found = negations(told.sentences[0])
    return "" if least <= found <= most else f"{found} negations against {least} to {most}"


def _nothing_denied(original: Original, told: Rewriting) -> str:
    """In place of neutral insertions: no fact is denied more often, and no medicine is new."""
    text = told.sentences[0]
    facts = original.case.facts
    faults = [f.id for f in facts if _denials(text, f) > _denials(original.text, f)]
    words = f"denied: {', '.join(faults)}" if faults else ""
    named = {m.group().lower() for m in any_name().finditer(text)}
    own = {m.group().lower() for m in any_name().finditer(original.text)}
    new = sorted(named - own)
    return "; ".join(filter(None, (words, f"medicines added: {', '.join(new)}" if new else "")))


def _units_kept(original: Original, told: Rewriting) -> str:
    before, after = _measured(original.text), _measured(told.sentences[0])
    faults = [f"lost {m}" for m in sorted(before - after)]
    return ", ".join(faults + [f"added {m}" for m in sorted(after - before)])


def _length_sound(original: Original, told: Rewriting) -> str:
    own, found = len(_words(original.text)), len(_words(told.sentences[0]))
    if SHORTEST * own <= found <= LONGEST * own:
        return ""
    return f"{found} words for {own}"


def _plain_text(original: Original, told: Rewriting) -> str:
    """One paragraph of what a reader sees: no line breaks, no hidden characters, no mark-up."""
    text, own = told.sentences[0], original.text
    odd = {c for c in text if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029"}
    odd |= {c for c in text if c in MARKUP and c not in own}
    return f"holds {', '.join(sorted(f'U+{ord(c):04X}' for c in odd))}" if odd else ""


def _decides_nothing(original: Original, told: Rewriting) -> str:
    """The story does not answer its own question, nor asks it."""
    case, text = original.case, told.sentences[0].lower()
    shown = [o.text for o in case.options] if case.task == "choice" else list(choices(case))
    named = [*shown, case.question, *OPENING.values()]
    faults = [t for t in named if t.lower() in text and t.lower() not in original.text.lower()]
    return f"says {', '.join(map(repr, faults))}" if faults else ""


OWN: dict[str, Callable[[Original, Rewriting], str]] = {
    "edit_present": _edit_present,
    "sentences_kept": _all_stated,
    "negations_kept": _negations_kept,
    "insertions_neutral": _nothing_denied,
}
"""Checks that read where a sentence comes from, and what stands in their place."""

ALONE: dict[str, Callable[[Original, Rewriting], str]] = {
    "units_kept": _units_kept,
    "length_sound": _length_sound,
    "plain_text": _plain_text,
    "decides_nothing": _decides_nothing,
}


def _places(text: str, fact: Fact) -> int:
    return len(asserted(text, fact.patterns))


def _denials(text: str, fact: Fact) -> int:
    every = matches(text, fact.patterns)
    return len(every) - len(asserted(text, fact.patterns, unless=_DENIED))


def _measured(text: str) -> Counter[str]:
    """Each number with its unit; a unit that ends a sentence without the full stop."""
    found = Counter[str]()
    for unit, n in measured(text).items():
        found[unit.rstrip(".")] += n
    return found


def _words(text: str) -> list[str]:
    return [t.lower() for t in tokens(text) if t[0].isalnum()]
