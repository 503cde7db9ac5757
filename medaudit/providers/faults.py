"""The outcome of a call that a server turned down: by status, by code, and by nothing else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from medaudit.records import Outcome

_FILTERED = frozenset({"content_filter", "content_policy_violation", "moderation_blocked"})
_SPENT = frozenset(
    {
        "insufficient_quota", "billing_hard_limit_reached", "billing_not_active",
        "quota_exceeded", "billing_error",
    }
)  # fmt: skip
_BY_CODE: dict[str, Outcome] = {
    "api_error": "server_error",
    "authentication_error": "auth",
    "invalid_prompt": "bad_request",
    "invalid_request": "bad_request",
    "invalid_request_error": "bad_request",
    "not_found_error": "bad_request",
    "overloaded_error": "overloaded",
    "permission_error": "auth",
    "rate_limit_error": "rate_limited",
    "rate_limit_exceeded": "rate_limited",
    "request_too_large": "bad_request",
    "server_error": "server_error",
    "timeout_error": "timeout",
}
"""Where no status says more: inside a body with a success status, and in a batch."""
_BY_STATUS: dict[int, Outcome] = {
    401: "auth",
    402: "quota",
    403: "auth",
    407: "auth",
    408: "timeout",
    409: "server_error",
    425: "server_error",
    429: "rate_limited",
    499: "server_error",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}


def outcome_of(status: int, code: object, message: str = "") -> Outcome:
    """The outcome of an error status. Codes that say more than the status go first.

    An error inside a success status has status 500 here.

    >>> outcome_of(429, None), outcome_of(429, "insufficient_quota"), outcome_of(529, None)
    ('rate_limited', 'quota', 'overloaded')
    """
    if not isinstance(code, str):
        code = None  # whatever it is, it is none of the codes that are known
    if code in _SPENT:
        return "quota"
    if code in _FILTERED:
        return "content_filtered"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status in {200, 500} and code in _BY_CODE:
        return _BY_CODE[code]
    return "server_error" if status >= 500 else "bad_request"


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that the server asks us to wait: milliseconds, seconds or a date; None if unsaid.

    >>> retry_after({"retry-after-ms": "1500"}), retry_after({"retry-after": "7"})
    (1.5, 7.0)
    """
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) / unit
        except ValueError:
            continue
        return seconds if 0 <= seconds < float("inf") else None
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())


def clean(text: str, key: str | None) -> str:
    """One line of a fault, at most 300 characters, without the key."""
    if key:
        text = text.replace(key, "[key]")
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(text.split())[:300]


def quiet() -> None:
    """Keeps the SDKs from logging prompts, whatever their own settings ask for."""
    for name in ("openai", "anthropic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
