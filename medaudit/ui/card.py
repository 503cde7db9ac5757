"""What a reviewer reads, as data for the card: texts in marked parts, never as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from medaudit.diff import Piece, only_changes, word_diff
from medaudit.records import Span
from medaudit.store.pictures import Picture
from medaudit.taxonomy import taxonomy
from medaudit.ui.text import cited, diff_html, emphasis, emphasised, panel, shown, visible

PROBES = {
    "base": "Asked as written",
    "noise_redundancy": "Irrelevant remarks and repetition added",
    "buried_red_flag": "Decisive symptom made an aside",
    "contradiction": "Slips that the speaker corrects",
    "emotional_masking": "Minimising, fear and jokes added",
    "temporal_scramble": "Told out of order",
    "lay_idiom": "Told in everyday words",
    "answer_negation": "Right option replaced by none",
    "question_inversion": "Question turned round",
    "choice_expansion": "More wrong options",
    "none_of_the_above": "None of the others as an option",
    "distractor_replacement": "Wrong options made irrelevant",
    "option_reorder": "Options in another order",
    "option_rotation": "Options moved down",
    "narrative_distraction": "Wrong option mentioned in passing",
    "cognitive_bait": "Speaker argues for a wrong option",
    "impossible_value": "Impossible reading added",
    "threshold_crossing": "Value across its limit",
    "drug_name_swap": "Brand and generic names exchanged",
    "unit_swap": "Other units",
    "format_change": "Another layout",
    "typographic_noise": "Slips of the finger",
    "identity_label": "Who the person is",
    "sex_swap": "Man or woman",
    "age_shift": "Some years younger or older",
    "linguistic_style": "Another way of writing",
    "emotional_tone": "Another feeling",
    "bias_priming": "Habit, hearsay or authority",
    "attribute_matters": "Person who needs other advice",
    "re_ask": "Asked again, word for word",
    "negative_control": "A remark that matters to nobody",
    "modality_sensitivity": "Image withheld, and told so",
    "modality_necessity": "Image withheld without a word",
    "text_distractors": "Image withheld, wrong options replaced",
    "visual_substitution": "Another image, same words",
    "image_late": "Image only in a second message",
    "image_conflict": "Wrong reading typed beside the image",
    "evidence_removal": "Decisive finding left out",
    "evidence_late": "Decisive finding told later",
    "evidence_conflict": "Two sources contradict each other",
    "evidence_substitution": "Decisive finding replaced",
    "system_prompt": "With a system message",
    "implicit_ask": "Request only hinted at",
    "extra_tasks": "Request among other tasks",
    "discreet_recipient": "Recipient said to be discreet",
    "good_intentions": "Good purpose claimed",
    "combined_disguise": "Every disguise at once",
    "false_premise": "Untrue statement taken for granted",
    "nonexistent_drug": "Asks about an invented medicine",
    "nonexistent_trial": "Asks about an invented trial",
    "citation_request": "Asks for a source that cannot exist",
    "outdated_rule": "Quotes an outdated rule",
    "numeric_trap": "Asks for a figure nobody gave",
    "direct_ask": "Asked again, outright",
    "indirect_ask": "Asked by a detour",
    "obfuscated_ask": "Request in an odd spelling",
    "role_play": "Request as a play",
    "authority_impersonation": "Authority claimed",
    "persistence": "Asked again and again",
    "record_injection": "Instruction inside a pasted record",
    "paraphrase": "Small words put otherwise",
}
"""What a probe does, in the words of a reviewer."""

VIEWS = ("diff", "clean", "changes")

Parts = list[list[str]]
Pieces = list[list[Any]]
"""Each piece: what became of it (``inserted``, ``deleted`` or nothing), then its parts; each
part: text, its mark, and what the mark says."""


def probe_name(probe: str) -> str:
    """The probe in plain words; its own name where we have none."""
    return PROBES.get(probe, probe.replace("_", " "))


ImagePair = tuple[tuple[Picture, ...], tuple[Picture, ...]]
"""The images of the original and of the variant."""


def prompts_html(original: str, variant: str, view: str, images: ImagePair = ((), ())) -> str:
    """Original and variant side by side; one box when the variant is the original."""
    before, after = images
    if original == variant and before == after:
        return panel("Case as asked (the original)", emphasised(variant), above=images_html(after))
    pieces = word_diff(original, variant)
    if view == "clean":
        left, right = emphasised(original), emphasised(variant)
    elif view == "changes":
        short = only_changes(pieces)
        left, right = diff_html(short, side="before"), diff_html(short, side="after")
    else:
        left, right = diff_html(pieces, side="before"), diff_html(pieces, side="after")
    return (
        '<div class="ma-two">'
        + panel("Original case", left, above=images_html(before))
        + panel(
            "As it was asked: this is what was answered",
            right,
            above=images_html(after),
            note=instead(before, after),
        )
        + "</div>"
    )


def chips_of(domain: str, perspective: str, probe: str, level: int) -> list[str]:
    """Which domain, who asks, and what was done to the case."""
    known = taxonomy().domain(domain)
    change = probe_name(probe) + (f", dose {level}" if level > 0 else "")
    return [f"{known.id} {known.name}", f"asked by: {perspective}", change]


def prompt_panels(
    original: str, variant: str, images: ImagePair = ((), ())
) -> list[dict[str, Any]]:
    """Original and variant for their two boxes; one box when the variant is the original."""
    before, after = images
    if original == variant and before == after:
        title = "Case as asked (the original)"
        return [{"title": title, "pieces": plain(variant), "images": _data(after)}]
    found = word_diff(original, variant)
    short = only_changes(found)
    return [
        {
            "title": title,
            "pieces": side(found, dropped),
            "changes": side(short, dropped),
            "images": _data(seen),
            "note": said,
        }
        for title, dropped, seen, said in (
            ("Original case", "inserted", before, ""),
            (
                "As it was asked: this is what was answered",
                "deleted",
                after,
                instead(before, after),
            ),
        )
    ]


def instead(before: tuple[Picture, ...], after: tuple[Picture, ...]) -> str:
    """What became of the images of the original, in words; nothing where they are the same."""
    if before == after:
        return ""
    return "Asked with another image than the original." if after else "Asked without the image."


def images_html(images: tuple[Picture, ...]) -> str:
    """Images that unfold to their full size; a description stands for one that is missing."""
    return "".join(
        f'<p class="ma-note">{shown(image.alt)}</p>'
        if image.url is None
        else '<details class="ma-image"><summary title="Larger or smaller">'
        f'<img alt="{shown(image.alt)}" src="{shown(image.url)}"><span>Full size</span>'
        "</summary></details>"
        for image in images
    )


def _data(images: tuple[Picture, ...]) -> list[dict[str, str | None]]:
    return [{"alt": image.alt, "src": image.url} for image in images]


def answer_panel(
    title: str,
    answer: str | None,
    outcome: str,
    *,
    graded: bool = False,
    evidence: Iterable[Span] = (),
) -> dict[str, Any]:
    """One answer, or in words why there is none. ``evidence`` marks what scores rest on."""
    if answer is None or not answer.strip():
        ended = visible(outcome.replace("_", " "))
        return {
            "title": title,
            "absent": f"No answer: the call ended as {ended}.",
            "graded": graded,
        }
    spans = list(evidence)
    return {
        "title": title,
        "pieces": [["", _marked(answer, spans)]] if spans else plain(answer),
        "note": "The answer was cut off at its length limit." if outcome == "truncated" else "",
        "graded": graded,
    }


def compared(
    base: str | None, answer: str | None, base_outcome: str, outcome: str
) -> dict[str, Any]:
    """The same system's answer to the original, and the graded one with what differs marked."""
    title = "The same system's answer to the original"
    if not base or not answer:
        return {**answer_panel(title, base, base_outcome), "after": plain(answer or "")}
    found = word_diff(base, answer)
    return {"title": title, "pieces": side(found, "inserted"), "after": side(found, "deleted")}


def plain(text: str) -> Pieces:
    """A text in one piece, its doses, numbers and negations marked."""
    return [["", _parts(text)]]


def side(pieces: Iterable[Piece], dropped: str) -> Pieces:
    """One side of a word diff: the pieces without those that only the other side has."""
    return [
        ["" if piece.kind == "same" else piece.kind, _parts(piece.text)]
        for piece in pieces
        if piece.kind != dropped
    ]


def _marked(text: str, spans: Iterable[Span]) -> Parts:
    return [
        [visible(part)] if label is None else [visible(part), "evidence", visible(label)]
        for part, label in cited(text, spans)
    ]


def _parts(text: str) -> Parts:
    return [[visible(part), mark] if mark else [visible(part)] for part, mark in emphasis(text)]
