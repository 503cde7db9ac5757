"""What one judge does with one run: the pack first, then every answer, then the rows of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from medaudit.canonical import content_id
from medaudit.imaging import truth
from medaudit.judges import checks, pack
from medaudit.judges.kind import Judged, Kind, Put
from medaudit.judges.pack import Canary
from medaudit.records import Case, Response, Run, Score, Variant, judged
from medaudit.run.judge_calls import Calls, Judgment
from medaudit.scorers import answer
from medaudit.suite import BASE, Suite


@dataclass(frozen=True)
class Unit:
    """What gets one verdict: an answer, or two to the same words where the kind compares."""

    id: str
    responses: tuple[Response, ...]
    put: Put | None
    """None: an answer is missing, or the kind does not fit."""
    aside: str
    doubts: tuple[str, ...]


@dataclass
class Work:
    """The judgments of one run by one judge of one kind."""

    calls: Calls
    kind: Kind[Any]
    run: Run
    suite: Suite
    answers: Sequence[Response]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Systems whose answers this judge is not to judge, and what it shares with them."""

    def __post_init__(self) -> None:
        self.cases = {case.id: case for case in self.suite.cases}
        self.variants = {variant.id: variant for variant in self.suite.variants}
        bases = {v.case_id: v for v in self.suite.variants if v.probe == BASE}
        used = sorted({a.case_id for a in self.answers})
        fit = [self.cases[n] for n in used if self._aside(put(self.cases[n], bases[n])) is None]
        self.canaries = {
            self._canary_id(c): (
                c,
                put(c.case, bases[c.case.id], self.kind.against(c.bait, c.text)),
            )
            for c in pack.canaries(fit, self.run.seed, self.kind)
        }
        texts = [(self.cases[a.case_id].source_id, answer(a)) for a in self.answers]
        self.repeated = checks.repeated(
            (family, text) for family, text in texts if text is not None
        )
        self.units = [self._unit(responses) for responses in self._together()]

    async def ask(self) -> bool:
        """Everything that is missing; False when the user stopped it."""
        baits = [j for id_ in self.canaries for j in self._of_canary(id_)]
        if not await self.calls.ask(baits):
            return False
        if not self.canaries or any(why for _, _, why in self.pack()):
            return True
        return await self.calls.ask(self._of_answers())

    def judgments(self) -> list[Judgment]:
        """Every question that the judging can need: the pack's, then those about answers."""
        return [*(j for id_ in self.canaries for j in self._of_canary(id_)), *self._of_answers()]

    def pack(self) -> list[tuple[str, Canary, str | None]]:
        """Each answer of the pack by its id, and why the judge does not withstand it."""
        replies = {id_: self.calls.together(self._of_canary(id_)) for id_ in self.canaries}
        controls: dict[tuple[str, str, str], Mapping[str, Any] | None] = {}
        for id_, (canary, _) in self.canaries.items():
            controls[canary.case.id, canary.bait.part, canary.name] = replies[id_].findings
        found = []
        for id_, (canary, _) in self.canaries.items():
            at = (canary.case.id, canary.bait.part)
            good, bad = controls[*at, pack.SAFE], controls[*at, pack.UNSAFE]
            why = pack.tripped(self.kind, canary, replies[id_].findings, good, bad)
            if why is None and replies[id_].misquoted:
                why = "a quote does not stand in the answer"
            found.append((id_, canary, why))
        return found

    def scores(self, own: Mapping[str, str]) -> list[Score]:
        """Every row that the judging makes, an answer after the other."""
        tripped = [
            f"the judge gave way to {c.name} on {c.case.id}: {w}" for _, c, w in self.pack() if w
        ]
        if not self.canaries:
            tripped = ["no case of the run could carry the pack, so the judge was asked nothing"]
        rows: list[Score] = []
        for unit in self.units:
            came = self._came(unit, tripped)
            badges = [own[r.system_id] for r in unit.responses if r.system_id in own]
            for side, response in enumerate(unit.responses):
                case = judged(self.cases[response.case_id], self.variants[response.variant_id])
                against = unit.responses[1 - side].system_id if self.kind.compares else ""
                verdict = came.seen_from(side, against, badges[0] if badges else None)
                rows += self.kind.scores(self.calls.judge.id, case, response, verdict)
        return rows

    def canary_rows(self) -> list[dict[str, Any]]:
        """The pack as rows."""
        return [
            {
                "id": id_,
                "name": canary.name,
                "case_id": canary.case.id,
                "text": canary.text,
                "held": why is None,
                "reason": why or "",
            }
            for id_, canary, why in self.pack()
        ]

    def _together(self) -> list[tuple[Response, ...]]:
        """The answers, one by one or in the pairs that a kind compares."""
        if not self.kind.compares:
            return [(response,) for response in self.answers]
        same: dict[tuple[str, int], list[Response]] = {}
        for response in self.answers:
            same.setdefault((response.variant_id, response.repeat), []).append(response)
        return [
            pair
            for group in same.values()
            for pair in combinations(sorted(group, key=lambda r: r.system_id), 2)
        ]

    def _unit(self, responses: tuple[Response, ...]) -> Unit:
        first = responses[0]
        id_ = first.id if len(responses) == 1 else content_id([r.id for r in responses])
        variant: Variant = self.variants[first.variant_id]
        case = judged(self.cases[first.case_id], variant)
        own = next((r.system_id for r in responses if r.system_id in self.left_out), None)
        aside = self._aside(put(case, variant)) or ""
        if own is not None:
            aside = f"left out: own vendor's judge ({self.left_out[own]})"
        texts = [answer(response) for response in responses]
        found = [text for text in texts if text is not None]
        if aside or len(found) < len(texts):
            if not aside and len(texts) > 1:
                aside = "one of the two answers is missing"
            return Unit(id_, responses, None, aside, ())
        whole = put(case, variant, tuple(found), first.reasoning)
        doubts: list[str] = []
        for text in self.kind.seen(whole):
            doubts += checks.suspicions(text, self.kind.keys())
            if checks.is_repeated(text, self.repeated):
                doubts.append("is given to another case as well")
        return Unit(id_, responses, whole, aside, tuple(f"the answer {words}" for words in doubts))

    def _aside(self, asked: Put) -> str | None:
        return self.kind.applies(asked.case, asked.variant) or self.kind.applies_to(asked)

    def _came(self, unit: Unit, tripped: Sequence[str]) -> Judged:
        if unit.put is None or unit.doubts or tripped:
            return Judged(suspicions=(*unit.doubts, *tripped), aside=unit.aside)
        reply = self.calls.together(self._of(unit))
        lies = [f"the quote for {n} does not stand in the answer" for n in reply.misquoted]
        return Judged(reply.findings, reply.fault, lies)

    def _of_answers(self) -> list[Judgment]:
        return [j for unit in self.units if not unit.doubts for j in self._of(unit)]

    def _of(self, unit: Unit) -> list[Judgment]:
        return [] if unit.put is None else self._judgments(unit.id, unit.put, self.kind.parts)

    def _of_canary(self, id_: str) -> list[Judgment]:
        canary, put = self.canaries[id_]
        return self._judgments(id_, put, canary.parts)

    def _judgments(self, id_: str, put: Put, parts: Sequence[str]) -> list[Judgment]:
        return [
            Judgment(content_id([id_, part]) if part else id_, self.kind, part, put)
            for part in parts
        ]

    def _canary_id(self, canary: Canary) -> str:
        part = [canary.bait.part] if canary.bait.part else []
        return content_id(
            [self.run.id, pack.VERSION, canary.name, canary.case.id, canary.text, *part]
        )


def put(
    case: Case, variant: Variant, answers: tuple[str, ...] = (), reasoning: str | None = None
) -> Put:
    """What is put to a judge, with the truth of the images that were shown, where all have one."""
    shown = [name for message in variant.messages for name in message.images]
    known = bool(shown) and all(truth.reading(name) is not None for name in shown)
    return Put(case, variant, answers, reasoning, truth.ground_truth(shown) if known else None)
