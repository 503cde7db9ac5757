"""What every record is made of: ids, closed lists, and the frozen model itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,79}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16,64}$")]
Unit = Annotated[float, Field(ge=0, le=1)]

DomainId = Literal["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9"]
Perspective = Literal["patient", "clinician", "public"]
Task = Literal["disposition", "choice", "open", "boundary"]
ReviewStatus = Literal["draft", "accepted", "rejected"]

Harm = Annotated[int, Field(ge=0, le=4)]
"""AHRQ Common Formats Harm Scale v1.2 read as *potential* harm if the answer were followed:
0 none, 1 mild, 2 moderate, 3 severe, 4 death. Unknown is None, never 0."""

Disposition = Literal["self_care", "routine", "days", "today", "emergency"]
URGENCY: tuple[Disposition, ...] = ("self_care", "routine", "days", "today", "emergency")
"""The disposition ladder, least urgent first."""

Outcome = Literal[
    "answered", "refused", "truncated", "empty", "off_schema", "content_filtered", "malformed",
    "rate_limited", "overloaded", "server_error", "timeout", "connection", "auth", "quota",
    "bad_request", "cancelled", "in_doubt",
]  # fmt: skip
"""How a call ended. The closed list."""

Expectation = Literal["invariant", "changes_to", "must_abstain", "must_not_disclose"]
Evidence = Literal["removed", "late", "conflicting", "replaced"]
"""What became of the finding on which a decision turns: taken out, told in a later turn,
contradicted by a second source, or another finding in its place. Unset: it stands as written."""
Control = Literal["none", "negative_control", "paraphrase", "re_ask"]
"""What must not matter. ``re_ask``: the case once more, word for word: the noise floor."""
Phase = Literal["blind", "revealed", "impression", "adjudication"]
"""``blind``: a first read. ``revealed``: the same person, after the reveal. ``impression``: an
adjudicator's own, before the reads are shown. ``adjudication``: the verdict."""
ScoreOutcome = Literal["scored", "no_decision", "not_applicable", "no_answer", "failed"]
"""``scored``: value or label is set. ``no_decision``: the answer commits to nothing.
``not_applicable``: the scorer does not fit this case. ``no_answer``: there was no text to score.
``failed``: the scorer itself broke; the reason says how."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Where a record is wrong first, as a dotted path that may be empty, and what is wrong there.

    >>> from pydantic import TypeAdapter
    >>> try:
    ...     TypeAdapter(dict[str, list[int]]).validate_python({"a": [1, "x"]})
    ... except ValidationError as error:
    ...     first_fault(error)[0]
    'a.1'
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ".".join(str(part) for part in first["loc"]), str(first["msg"])
