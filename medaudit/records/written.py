"""What a model was asked to write, try by try, and what became of it: the provenance of a suite."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from medaudit.records.base import Hash, Outcome, Record, Slug, Text
from medaudit.records.run import System, Versioned


class Try(Record):
    """One reply to one request for a rewriting. A rejected one says why."""

    case_id: Slug
    probe: Slug
    """The probe that it imitates."""
    level: int
    arm: Slug | None = None
    number: Annotated[int, Field(ge=1)]
    """1: the first try for this case, probe, level and arm."""
    response_id: Hash | None
    """None: too long to be asked."""
    raw: Hash | None
    """SHA-256 of what came back, as it is stored beside. None: nothing did."""
    outcome: Outcome | None
    finished: datetime | None
    calls: int
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    accepted: bool
    variant_id: Hash | None = None
    """Of an accepted text."""
    failed: dict[str, str] = Field(default_factory=dict)
    """What is wrong, by check. ``reply``: it could not be read; then there is no text."""


class Writing(Record):
    """All that one model was asked to write at one go. No try is left out."""

    writing_id: Hash
    by: System
    prompt: Versioned
    prompt_sha256: Hash
    created: datetime
    finished: datetime
    software: Text
    seed: int
    tries: Annotated[int, Field(ge=1)]
    """How many a text may take."""
    probes: tuple[Versioned, ...]
    n_asked: Annotated[int, Field(ge=0)]
    """Rewritings: a case, a probe, a level and a kind each."""
    n_accepted: Annotated[int, Field(ge=0)]
    n_rejected: Annotated[int, Field(ge=0)]
    n_skipped: Annotated[int, Field(ge=0)]
    """The probe does not fit, or no free text can be checked for it; nobody was asked."""
    n_tries: Annotated[int, Field(ge=0)]
    n_calls: Annotated[int, Field(ge=0)]
    """Of the service; more than tries where one was made again."""
    n_in_doubt: Annotated[int, Field(ge=0)]
    rejected_by: dict[str, int]
    """Rejected rewritings by the checks that their last try failed; one can fail several."""
    suite_id: Hash | None
    """None: nothing was accepted."""
    rows: tuple[Try, ...]
