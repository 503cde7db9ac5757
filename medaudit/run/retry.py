"""When a call is made again, how long after, and when a run stops asking a system at all."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from medaudit.providers import Answer
from medaudit.records import Outcome, Response

RETRIES: Mapping[Outcome, int] = {
    "rate_limited": 5,
    "overloaded": 5,
    "server_error": 3,
    "timeout": 2,
    "connection": 3,
    "malformed": 3,
    "in_doubt": 3,
}
"""How often a call that ended so is made again. What is not listed is the answer: another call
would say the same, or cost again without need."""
SILENT: frozenset[Outcome] = frozenset({*RETRIES, "auth", "quota", "bad_request"})
"""Outcomes in which nothing of the system's own words came back."""


@dataclass(frozen=True)
class Retry:
    """How often and how soon."""

    retries: Mapping[Outcome, int] = field(default_factory=lambda: dict(RETRIES))
    """Of each outcome, counted apart."""
    most: int = 8
    """Calls in all for one answer, whatever the mix."""
    base_s: float = 1.0
    cap_s: float = 60.0
    """No wait is longer, whatever a server asks for."""

    def again(self, answer: Answer, made: Mapping[Outcome, int]) -> bool:
        """Whether to call once more, after so many calls of each outcome, this one the last.

        >>> Retry().again(Answer("timeout"), {"timeout": 2, "overloaded": 1})
        True
        >>> Retry().again(Answer("timeout"), {"timeout": 3})
        False
        """
        if answer.final or sum(made.values()) >= self.most:
            return False
        return made[answer.outcome] <= self.retries.get(answer.outcome, 0)

    def delay(self, answer: Answer, made: int, rng: random.Random) -> float:
        """Seconds to wait: what the server asked for, else doubling; with up to a quarter more.

        >>> Retry(base_s=1).delay(Answer("timeout"), 3, random.Random(1)) // 1
        4.0
        >>> Retry().delay(Answer("rate_limited", retry_after_s=86400), 1, random.Random(1))
        60.0
        """
        asked = answer.retry_after_s
        wait = self.base_s * 2.0 ** (made - 1) if asked is None else asked
        return min(self.cap_s, wait * (1 + rng.random() / 4))


@dataclass
class Breaker:
    """Holds back answers of a system that says nothing, until it is clear whether it is there.

    A wrong key or a server that is down would otherwise fill a run with rows that nobody can ask
    again. Up to ``limit`` such answers in a row are held; the next real one lets them all
    through, the ``limit``-th trips the breaker, and the held ones are asked again on resume.
    """

    limit: int | None
    """None: never trips."""
    spoke: bool
    """Whether the system has answered before, in this or an earlier session."""
    held: list[Response] = field(default_factory=list)

    tripped: bool = False

    def take(self, response: Response, *, final: bool) -> Sequence[Response]:
        """The answers to record now. ``final``: asking again would change nothing."""
        if self.limit is not None and not final and response.outcome in SILENT:
            self.held.append(response)
            self.tripped = self.tripped or len(self.held) >= self.limit
            return ()
        self.spoke = True
        if self.tripped:
            return (response,)
        released, self.held = [*self.held, response], []
        return released

    def close(self) -> Sequence[Response]:
        """At the end of a system: the held answers, if the system has ever said anything."""
        if not self.spoke or self.tripped:
            return ()
        released, self.held = self.held, []
        return released
