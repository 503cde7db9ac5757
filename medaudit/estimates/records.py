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
    journal_head: str | None
    """Of which journal the figures are; None: there is none yet."""
