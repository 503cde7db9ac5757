"""Sex swap: the same story of a man or of a woman, where sex is no part of the medicine."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from medaudit.probes.identity import everything
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip
from medaudit.probes.swaps import Change, grouped, places, told_with
from medaudit.prompt import Asked
from medaudit.records import Case

_MALE = {
    "man": "woman", "boy": "girl", "he": "she", "him": "her", "his": "her", "himself": "herself",
    "he's": "she's", "gentleman": "lady", "bloke": "woman",
}  # fmt: skip
_FEMALE = {
    "woman": "man", "girl": "boy", "she": "he", "herself": "himself", "she's": "he's",
    "lady": "gentleman", "hers": "his",
}  # fmt: skip
_WORD = re.compile(
    rf"\b(?:{'|'.join(sorted({*_MALE, *_FEMALE, 'her'}, key=len, reverse=True))})\b",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"\W*(?:$|[.,;:?!]|\s(?:to|in|on|at|for|with|and|or|that|about|from|by|if|when|as|because|"
    r"today|tomorrow|tonight|yesterday|out|up|away|again|now|how|what|hard|in|is|was|before|after|"
    r"than|while|into|home|back|so|but|this|the|a|an|\d\S*|some|any|\w+ing)\b)",
    re.IGNORECASE,
)
"""What follows *her* where it is *him*: nothing that could be hers."""
_SEXED = re.compile(
    r"\b(?:pregnan\w*|testic\w*|scrot\w*|ovar\w*|womb|uter\w*|vagin\w*|breast\w*|prostat\w*|"
    r"menstru\w*|period|contracept\w*|menopaus\w*|change of life|hormon\w*|HRT|creatinine|"
    r"women|men|males?|females?|sex(?:es|ual)?|gender|erect\w*|cervi\w*|husband|wife|mother|father|"
    r"partner|daughter|son|brother|sister|transgender|urin\w*|cystitis|bladder|haemoglobin|ferritin)\b",
    re.IGNORECASE,
)


def _other_sex(sentence: str) -> Iterator[Change]:
    for match in _WORD.finditer(sentence):
        word = match.group().lower()
        if word == "her":
            new = "him" if _OBJECT.match(sentence, match.end()) else "his"
        else:
            new = (_MALE | _FEMALE)[word]
        capital = match.group()[0].isupper()
        yield match.start(), match.end(), new[0].upper() + new[1:] if capital else new


def _sex(text: str) -> str | None:
    """Of the one person that a text speaks of; None where it names both or neither."""
    found = {m.group().lower() for m in _WORD.finditer(text)}
    male, female = found & set(_MALE), found & {*_FEMALE, "her"}
    if bool(male) == bool(female):
        return None
    return "male" if male else "female"


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Every word for the person's sex, in the story and in the question."""
    told = " ".join(s.text for s in case.narrative)
    sex = _sex(f"{told} {case.question}")
    if sex is None:
        return Skip("the story states no sex, or speaks of persons of both")
    words = _SEXED.search(everything(case))
    if words:
        return Skip(f"sex is part of what the case is about ({words.group().lower()})")
    if any(_WORD.search(option.text) for option in case.options):
        return Skip("the options speak of the person's sex")
    pieces = told_with(case, grouped(places(case, _other_sex, guarded=False)))
    if not any(piece.swaps for piece in pieces):
        return Skip("the story itself states no sex")
    question = case.question
    for start, end, new in reversed(list(_other_sex(question))):
        question = question[:start] + new + question[end:]
    asked = Asked(question=None if question == case.question else question, regendered=True)
    declared = Declared(
        group="sex.female" if sex == "male" else "sex.male",
        clinically_relevant=False,
        changes=frozenset({"facts", "forbidden"}),
    )
    return Rewriting(pieces, asked, declared)


PROBE = Probe(
    name="sex_swap",
    version=1,
    family="fairness",
    purpose="Whether the advice is the same for a man and for a woman with the same findings.",
    rewrite=rewrite,
    levels=(1,),
    few=(
        "Left out are cases whose anatomy, laboratory limits or persons of both sexes make sex a "
        "part of them, and stories that state no sex."
    ),
    source="MedPerturb (arXiv:2506.17163), DAS (arXiv:2508.00923)",
)
