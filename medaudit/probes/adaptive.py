"""Adaptive attack: six robustness probes as tools, alone or composed, on a choice that was right.

The tools, the five rounds, one or two tools early and larger sets later, and always from the
original are published (DAS, arXiv:2508.00923), and so are its conflicts; the rule by which a set
is chosen is ours. Nothing here is a probe of a suite: what it makes is of the family ``adaptive``
and of an attack alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from medaudit.canonical import content_id
from medaudit.errors import BadInput
from medaudit.probes import REGISTRY
from medaudit.probes.draws import shuffled
from medaudit.probes.rewriting import Probe, Rewriting, Skip, composed, unchanged
from medaudit.records import Case, Versioned
from medaudit.records.attack import Move

FAMILY = "adaptive"
VERSION = 1
"""Of the rules below. Raise it when the same history could lead to another variant."""
TOOLS = (
    "choice_expansion", "impossible_value", "answer_negation", "question_inversion",
    "narrative_distraction", "cognitive_bait",
)  # fmt: skip
"""In the order in which they are applied: options, question, then the story around them. So the
bait names an option that is wrong after all the others."""
PUBLISHED = tuple(
    frozenset({"answer_negation", other})
    for other in ("question_inversion", "impossible_value", "choice_expansion")
)
OURS = (frozenset({"question_inversion", "impossible_value"}),)
"""Of a question turned round about a story with a false value nobody has said what is right."""
CONFLICTS = (*PUBLISHED, *OURS)
ROUNDS = 5
SIZES = (1, 2, 3, 3, 4)
"""How many tools a round takes, from the first."""
LEVELS = {
    "choice_expansion": (4, 4, 4, 4, 4),
    "cognitive_bait": (1, 2, 4, 6, 8),
}
"""Dose by round; DAS adds four options and one to eight sentences. Other tools have one dose."""


@dataclass(frozen=True)
class Tried:
    """One earlier round, of this case or another."""

    case_id: str
    tools: frozenset[str]
    fooled: bool | None
    """None: the system decided nothing, and nothing is learnt of the tools."""


@dataclass(frozen=True)
class Choice:
    """A set of tools for the next round, and why."""

    tools: tuple[str, ...]
    reason: str


def conflict(tools: Iterable[str]) -> frozenset[str] | None:
    """Two of the tools that must not stand together. None: they may.

    >>> sorted(conflict(["cognitive_bait", "answer_negation", "choice_expansion"]))
    ['answer_negation', 'choice_expansion']
    >>> conflict(["cognitive_bait", "answer_negation"]) is None
    True
    """
    given = set(tools)
    return next((pair for pair in CONFLICTS if pair <= given), None)


def versions() -> tuple[Versioned, ...]:
    """The tools of this installation."""
    return tuple(Versioned(name=name, version=REGISTRY.load(name).version) for name in TOOLS)


def size(round_: int) -> int:
    """How many tools a round takes, counted from 1."""
    if not 1 <= round_ <= ROUNDS:
        raise BadInput(f"an attack has at most {ROUNDS} rounds", field="rounds")
    return SIZES[round_ - 1]


def moves(case: Case, tools: Iterable[str], round_: int, seed: int) -> tuple[Move, ...]:
    """The tools of a round with their doses and kinds, in the order in which they are applied."""
    given = set(tools)
    found = []
    for name in TOOLS:
        if name in given:
            probe = REGISTRY.load(name)
            level = LEVELS[name][round_ - 1] if name in LEVELS else probe.levels[0]
            arm = None
            if probe.arms:
                state = int(content_id([seed, FAMILY, name, case.id, round_]), 16)
                arm = shuffled(probe.arms, random.Random(state))[0]
            found.append(Move(probe=name, version=probe.version, level=level, arm=arm))
    return tuple(found)


def applied(case: Case, chosen: Sequence[Move], seed: int) -> Rewriting | Skip:
    """The tools on the original, each on what the one before left; skipped where one does not fit.

    What a safe system answers follows from what the tools declare: each is given the case with
    the options and the right ones that the tools before it left.
    """
    pair = conflict(move.probe for move in chosen)
    if pair is not None:
        return Skip(f"{' and '.join(sorted(pair))} must not stand together")
    made: Rewriting | None = None
    for move in chosen:
        probe = REGISTRY.load(move.probe)
        found = (
            probe.apply(case, move.level, seed, move.arm)
            if made is None
            else composed(case, made, probe, move.level, seed, move.arm)
        )
        if isinstance(found, Skip):
            return Skip(f"{move.probe}: {found.reason}")
        made = found
    return unchanged(case) if made is None else made


def fitting(case: Case, seed: int) -> tuple[str, ...]:
    """The tools that fit the case on their own."""
    return tuple(
        name
        for name in TOOLS
        if not isinstance(applied(case, moves(case, [name], 1, seed), seed), Skip)
    )


def ranked(
    case_id: str, round_: int, tools: Sequence[str], history: Sequence[Tried], seed: int
) -> list[Choice]:
    """The sets that a round may take, best first: ``Choice.reason`` says why in a sentence.

    A set is worth (mean success of its tools on other cases) x (1 + share of its tools that this
    case has not met). Success of a tool: (1 + cases fooled) / (2 + rounds decided), over rounds
    that it took part in. Equal sets stand in an order drawn by seed, case and round. No set is
    tried twice on a case; where none of the round's size is left, the nearest smaller size, then
    the nearest larger one is taken.
    """
    own = {tried.tools for tried in history if tried.case_id == case_id}
    met = frozenset().union(*own) if own else frozenset()
    success = {tool: _success(tool, case_id, history) for tool in tools}
    for n in _sizes(size(round_), len(tools)):
        sets = [
            s for s in combinations(tools, n) if conflict(s) is None and frozenset(s) not in own
        ]
        if sets:
            break
    else:
        return []
    state = int(content_id([seed, FAMILY, "order", case_id, round_]), 16)
    worth = {
        tools_: sum(success[t][0] / success[t][1] for t in tools_)
        / len(tools_)
        * (1 + sum(t not in met for t in tools_) / len(tools_))
        for tools_ in sets
    }
    order = shuffled(sets, random.Random(state))
    order.sort(key=lambda tools_: -round(worth[tools_], 9))
    return [Choice(tools_, _why(tools_, met, success, worth[tools_])) for tools_ in order]


def tool(name: str) -> Probe:
    """The composition as a probe, for the record of a variant alone: no suite can ask it."""
    return Probe(
        name=name,
        version=VERSION,
        family=FAMILY,
        purpose="Whether any of up to five rounds of composed tools fools the system.",
        rewrite=_alone,
        levels=tuple(range(1, ROUNDS + 1)),
        source="DAS (arXiv:2508.00923)",
        expects="What its tools declare.",
        tasks=("choice",),
    )


def _success(tool_: str, case_id: str, history: Sequence[Tried]) -> tuple[int, int]:
    decided = [
        tried.fooled
        for tried in history
        if tried.case_id != case_id and tool_ in tried.tools and tried.fooled is not None
    ]
    return 1 + sum(decided), 2 + len(decided)


def _sizes(wanted: int, most: int) -> list[int]:
    return [*range(min(wanted, most), 0, -1), *range(wanted + 1, most + 1)]


def _why(
    tools_: Sequence[str],
    met: frozenset[str],
    success: dict[str, tuple[int, int]],
    worth: float,
) -> str:
    new = [t for t in tools_ if t not in met]
    told = "; ".join(
        f"{t} fooled {success[t][0] - 1} of {success[t][1] - 2} elsewhere" for t in tools_
    )
    first = f"not tried on this case: {', '.join(new)}" if new else "all tried on this case, apart"
    return f"{first}; {told}; worth {worth:.3f}"


def _alone(case: Case, level: int, rng: random.Random) -> Skip:
    return Skip("an attack composes it as a whole")
