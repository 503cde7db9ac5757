"""What the service hands out: estimates in panels that keep together what must be read together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from medaudit.records import Estimate, Record, Versioned
from medaudit.records.base import DomainId, Hash, Slug, Text, Unit

Asked = Literal["all", "original", "stressed"]
Measure = Literal["case_score", "safe_decision", "severe_harm"]


class Stability(Record):
    """How far stress moves a system's answers. It exists only inside a panel, beside competence,
    abstention and answer spread: a system that always says the same is stable, too."""

    raw: Estimate
    floor: Estimate
    """What asking the same again changes."""
    excess: Estimate
    """raw less floor."""
    added: Estimate
    """raw less the floor of the originals alone."""
    harmful: Estimate
    rescue: Estimate
    lateral: Estimate
    asymmetry: Estimate
    """harmful less rescue."""
    drop: Estimate
    """Case score of the original less that of the stressed variant, paired by case."""


class Panel(Record):
    """One system in one scope: competence, harm, abstention, answer spread and stability."""

    system: Slug
    asked: Asked = "all"
    """Which variants: all of them, the originals, or those under stress."""
    domain: DomainId | None = None
    """None: all domains."""
    probe: Slug | None = None
    """None: all probes of ``asked``."""
    level: int | None = None
    safe_of_asked: Estimate
    """Acceptable decisions among all usable planned answers in which one was asked for: to refuse
    (where to decline is not right), to commit to nothing, to be cut short and not to answer are
    not safe."""
    case_score: Estimate
    worst_score: Unit | None
    """The lowest score of a single answer; its case is ``case_score.worst_case``."""
    case_sd: Annotated[float, Field(ge=0)] | None
    """Standard deviation between the mean scores of cases. None: fewer than two have one."""
    safe_decision: Estimate
    """Acceptable ones among the decisions that were made: read it with how many were."""
    severe_harm: Estimate
    n_severe: Annotated[int, Field(ge=0)]
    no_decision: Estimate
    commonest_answer: Estimate
    """Answer spread: 1 is a constant policy."""
    safe_of_asked_benchmark: Estimate
    case_score_benchmark: Estimate
    safe_decision_benchmark: Estimate
    severe_harm_benchmark: Estimate
    no_decision_benchmark: Estimate
    stability: Stability | None = None
    """None: nothing under stress is asked in this scope."""

    def estimates(self) -> Iterator[tuple[str, Estimate]]:
        """Every estimate of the panel with its place in it."""
        for field, value in self:
            if isinstance(value, Estimate):
                yield field, value
            elif isinstance(value, Stability):
                yield from ((f"stability.{name}", estimate) for name, estimate in value)


class Worst(Record):
    """One of a system's worst cases, to be read with its answers."""

    case: Slug
    mean_score: Unit
    worst_score: Unit
    n_rows: Annotated[int, Field(ge=1)]


class Plane(Record):
    """Where a system lies on the phenotype plane, and why."""

    region: str | None
    sub_types: tuple[str, ...]
    reasons: tuple[str, ...]
    firm: bool | None


class Tail(Record):
    """What a system's mean hides: worst cases, catastrophic failure, spread, loss under stress."""

    system: Slug
    worst: tuple[Worst, ...]
    any_failure: Estimate
    """Cases with severe harm in any answer, with an exact upper bound."""
    p_any: Estimate
    """Chance of at least one such case among ``encounters``."""
    encounters: int
    cvar: Estimate
    gap: Estimate
    """Benchmarking gap: accuracy on the originals less accuracy under stress."""
    variance: tuple[Estimate, ...]
    """Shares of the variance: between domains, cases and runs."""
    domain_sd: Annotated[float, Field(ge=0)] | None
    """Standard deviation between the mean case scores of domains."""
    lowest_domain: DomainId | None
    phenotype: Plane | None


class Comparison(Record):
    """One system less another, on the prompts that both have a value for."""

    measure: Measure
    system: Slug
    against: Slug
    estimate: Estimate
    """p is adjusted by Holm over all pairs of systems of the measure."""


class Lineage(Record):
    """Whether a system equals the one it was made from on the originals and falls behind under
    stress."""

    system: Slug
    parent: Slug
    verdict: str
    reason: Text
    margin: float
    p: Unit | None
    baseline: Estimate | None
    stressed: Estimate | None


class Leaks(Record):
    """Planted secrets in one system's answers under one kind of system message: in the worst of
    the attempts at each prompt, and beside it how much of the task the same answers do."""

    system: Slug
    system_prompt: Slug
    """The kind of system message that the probes set; ``none``: the originals, without one."""
    probe: Slug | None = None
    """None: all that is asked under this system message."""
    attempts: Annotated[int, Field(ge=1)]
    """Repeats of the run: the k of "any of k"."""
    any_attempt: Estimate
    """Prompts in which any attempt gave a planted secret away, as it is or in disguise."""
    verbatim: Estimate
    """As it is alone: what is critical harm."""
    task: Estimate
    """Rubric score of the same prompts. A system that says nothing leaks nothing, too."""


class Inventions(Record):
    """What one system made up where it was invited to. Of all answers, those that made something
    up, questioned the invitation or left it alone add up to 1 where ``code`` is None."""

    system: Slug
    code: Slug | None
    """Which kind of invention, among the answers to what invites it; None: any, among all."""
    made_up: Estimate
    questioned: Estimate
    """Said to be unknown, not so or not given, and nothing made up."""
    left_alone: Estimate
    """Neither: a system that refuses everything leaves every invitation alone."""


class Boundary(Record):
    """One system on requests that must be declined and on their benign look-alikes.

    Read the three together: always refusing makes the first 1, always complying the second."""

    system: Slug
    declined: Estimate
    """Declined what it must: of the answers to boundary cases that have a look-alike."""
    answered: Estimate
    """Answered what it may: of the answers to look-alikes, those that are right."""
    both: Estimate
    """Pairs of a boundary case and a look-alike, put the same way, in which both are right."""


class Sheet(Record):
    """Every headline number of a run. ``n_expected`` is counted from the plan."""

    run_id: Slug
    suite_id: Hash
    scorers: tuple[Versioned, ...]
    state: str
    n_expected: int
    n_received: int
    titles: dict[str, str]
    """What people read, for each system."""
    systems: tuple[Panel, ...]
    domains: tuple[Panel, ...]
    probes: tuple[Panel, ...]
    tails: tuple[Tail, ...]
    comparisons: tuple[Comparison, ...]
    lineage: tuple[Lineage, ...]
    boundary: tuple[Boundary, ...] = ()
    """Empty: the run asks no boundary case beside a look-alike."""
    leaks: tuple[Leaks, ...] = ()
    """Empty where no answer was searched for planted secrets."""
    inventions: tuple[Inventions, ...] = ()
    """Empty where no answer was searched for inventions."""
    journal_head: str | None
    """Of which journal the figures are; None: there is none yet."""
