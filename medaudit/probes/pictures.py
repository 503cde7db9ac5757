"""The image on which a case turns: withheld, late, contradicted or another one in its place.

An image decides where the case names substitutes for it: the same text with another image has
another right answer, so without an image the text allows none. The texts around it are those of
``data/words/images.yaml``; readings of shipped images are those of their simulation.
"""

from __future__ import annotations

from medaudit.imaging.truth import reading
from medaudit.probes.lines import lines
from medaudit.probes.rewriting import Declared, Skip
from medaudit.records import Case, Task

TASKS: tuple[Task, ...] = ("choice",)
FEW = "Only a case with an image of its own; each image is drawn and checked for its case."
TESTS = "Gu et al. 2026 (10.1038/s41591-026-04501-8), test {}"


def wanting(case: Case) -> Skip | None:
    """Why the case is not one that its image decides; None where it is."""
    if not case.images:
        return Skip("the case has no image")
    return None if case.substitutes else Skip("the case does not say that its image decides")


def line(kind: str) -> str:
    """The wording of that kind; the table holds one of each."""
    (found,) = lines("images").entries[kind]
    return found


def withheld(case: Case) -> Declared:
    """Nothing can be decided: an answer has to say that the image is missing.

    It names no finding, so the scorer asks for just that. Options keep their harm.
    """
    return Declared(
        expectation="must_abstain",
        lifts=tuple(c.id for c in case.rubric),
        evidence="removed",
    )


def swaps(case: Case) -> list[tuple[str, str]]:
    """(Option, image that makes it right), in an order that does not depend on the file's."""
    return sorted(case.substitutes.items())


def readings(case: Case) -> list[str]:
    """The readings of the substitutes, where they are known: all are wrong for the case."""
    return [found for _, image in swaps(case) if (found := reading(image)) is not None]
