"""Validity where a probe declares what it changes: everything else must be the case's.

The ten checks of the narrative family run as they are, on the text with what was declared undone:
a declared swap is put back, an option that an inserted sentence quotes is taken out of it. Five
more checks hold for these families alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from medaudit.probes.encodings import encoded
from medaudit.probes.rewriting import Content, Declared, Piece, Rewriting
from medaudit.probes.validity import CHECKS, Original
from medaudit.prompt import closing, messages
from medaudit.records import Case, Check, Message

UNIT = re.compile(
    r"(?<![\w.])(\d+(?:[.,/]\d+)*)\s?(%|°\s?[CF]|(?:mmol|mg|mcg|µg|µmol|ng|g|kg|lb|st|ml|mL|L|l|mEq|"
    r"units?|IU|mmHg|bpm|min|ms|cm|mm|in|x)(?:/[\w.²³]+)*)(?!\w)"
)
"""A number with the unit that it is measured in."""
_SUBJECT: dict[str, Content] = {
    "facts_kept": "facts",
    "numbers_kept": "numbers",
    "numbers_own": "numbers",
    "negations_kept": "negations",
    "forbidden_absent": "forbidden",
}
"""Check -> what its probe may declare as changed; the check then reads the text undone."""
MOST_OPTIONS = 10
"""Letters A to J: what the choice scorer reads."""


def declared_checks(
    original: Original, rewriting: Rewriting, asked: tuple[Message, ...]
) -> tuple[Check, ...]:
    """Every check of one variant of a probe that declares, in a fixed order."""
    declared = rewriting.declared or Declared()
    told = replace(rewriting, pieces=tuple(_unquoted(p, declared) for p in rewriting.pieces))
    undone = replace(told, pieces=tuple(replace(p, text=p.restored) for p in told.pieces))
    # A case that quotes its own option may insert it whole: the wording is the case's.
    found = {"edit_present": _edit_present(original, rewriting, asked, declared)}
    for name, fault in CHECKS.items():
        if name != "edit_present":
            own = _SUBJECT.get(name) in declared.changes
            found[name] = fault(original, undone if own else told)
    found["question_kept"] = _question_kept(original.case, rewriting, asked)
    found["told_in_full"] = _told_in_full(rewriting, asked)
    found["units_kept"] = _units_kept(original, undone if "units" in declared.changes else told)
    found["swaps_undo"] = _swaps_undo(original, rewriting)
    found["options_sound"] = _options_sound(original.case, rewriting, declared)
    found["twin_differs_only_there"] = _twin(original, rewriting, declared)
    if original.case.images:
        found["images_declared"] = _images(original.case, rewriting, asked, declared)
    return tuple(Check(name=n, passed=not reason, reason=reason) for n, reason in found.items())


def _images(
    case: Case, rewriting: Rewriting, asked: tuple[Message, ...], declared: Declared
) -> str:
    """The images of the case are shown, unless the probe declares them withheld or swapped."""
    shown = tuple(name for message in asked for name in message.images)
    if rewriting.asked.images is None:
        return "" if shown == case.images else "the images are not those of the case"
    if not shown:
        return "" if declared.evidence == "removed" else "the images are gone undeclared"
    if declared.expected != tuple(o for o, i in case.substitutes.items() if i == shown[0]):
        return "another image than the one that makes the declared option right"
    return "" if declared.evidence == "replaced" else "an image is swapped undeclared"


def measured(text: str) -> Counter[str]:
    """How often each number with its unit stands in the text.

    >>> measured("Potassium 7.1 mmol/L, then 7.1 mmol/L; temperature 38.2 °C")
    Counter({'7.1 mmol/L': 2, '38.2 °C': 1})
    """
    return Counter(f"{m.group(1)} {m.group(2).replace(' ', '')}" for m in UNIT.finditer(text))


def _unquoted(piece: Piece, declared: Declared) -> Piece:
    text = piece.text
    if piece.kind == "inserted":
        for quote in sorted(declared.quotes, key=len, reverse=True):
            text = text.replace(quote, "that")
    return replace(piece, text=text) if text != piece.text else piece


def _edit_present(
    original: Original, rewriting: Rewriting, asked: tuple[Message, ...], declared: Declared
) -> str:
    same = asked == messages(original.case, original.sentences)
    if declared.control == "re_ask":
        return "" if same else "a re-ask differs from the case"
    return "the text is that of the case" if same else ""


def _question_kept(case: Case, rewriting: Rewriting, asked: tuple[Message, ...]) -> str:
    """Question and form are the case's, but for a question or options that the probe replaced."""
    if not asked[-1].text.endswith(closing(case, rewriting.asked)):
        return "what stands below the narrative is not what the probe declared"
    question, spelt = rewriting.asked.question, rewriting.asked.encoding
    own = case.question if spelt is None else encoded(case.question, spelt)
    if question is not None and own not in question and not rewriting.asked.regendered:
        return "the case's own question is gone"
    return ""


def _told_in_full(rewriting: Rewriting, asked: tuple[Message, ...]) -> str:
    """However the narrative is laid out, every sentence stands in it, in order."""
    whole, at = "\n".join(m.text for m in asked), 0
    for number, piece in enumerate(rewriting.pieces, start=1):
        found = whole.find(piece.text, at)
        if found < 0:
            return f"sentence {number} is not in what is asked"
        at = found + len(piece.text)
    return ""


def _units_kept(original: Original, rewriting: Rewriting) -> str:
    before, after = measured(original.text), Counter[str]()
    for piece in rewriting.pieces:
        if piece.kind != "inserted" or piece.text not in original.own_texts:
            after.update(measured(piece.text))
    faults = [f"lost {m}" for m in sorted(before - after)]
    return ", ".join(faults + [f"added {m}" for m in sorted(after - before)])


def _swaps_undo(original: Original, rewriting: Rewriting) -> str:
    """With every swap undone, a sentence in other words is the case's, plain or colloquial."""
    faults = []
    for piece in rewriting.pieces:
        if piece.source is not None and piece.kind == "replaced":
            own = original.case.narrative[piece.source]
            if piece.restored not in (own.text, own.lay):
                faults.append(f"sentence {piece.source + 1}")
    return f"changed beyond what is declared: {', '.join(faults)}" if faults else ""


def _options_sound(case: Case, rewriting: Rewriting, declared: Declared) -> str:
    options = rewriting.asked.options
    if options is None:
        return ""
    if not 3 <= len(options) <= MOST_OPTIONS:
        return f"{len(options)} options"
    texts = [" ".join(o.text.lower().split()) for o in options]
    if len(set(texts)) < len(texts) or len({o.id for o in options}) < len(options):
        return "two options are the same"
    right = declared.expected or case.reference
    shown = {option.id for option in options}
    missing = [label for label in right if label not in shown]
    return f"the right option is not shown: {', '.join(missing)}" if missing else ""


def _twin(original: Original, rewriting: Rewriting, declared: Declared) -> str:
    """A twin says one thing more than the original, or says the attribute otherwise; no more."""
    if declared.group is None:
        return ""
    added = [p for p in rewriting.pieces if p.source is None]
    order = [p.source for p in rewriting.pieces if p.source is not None]
    if order != list(range(len(original.sentences))):
        return "the sentences are in another order"
    swapped = any(p.swaps for p in rewriting.pieces)
    if len(added) + swapped != 1:
        return f"{len(added)} sentences added and {'some' if swapped else 'none'} changed"
    changed = [
        piece
        for piece in rewriting.pieces
        if piece.source is not None
        and not piece.swaps
        and piece.text != original.sentences[piece.source]
    ]
    return f"{len(changed)} other sentences changed" if changed else ""
