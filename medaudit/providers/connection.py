"""How to reach a system: the part of its parameters that is never sent to it.

``System.parameters`` holds what goes into each call (temperature, max_tokens …) and, under the
word ``connection``, what only the provider reads. A key is named by its environment variable and
never written down.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from medaudit.errors import BadInput, ProviderFailed
from medaudit.records import Record, Slug, System
from medaudit.records.base import first_fault

C = TypeVar("C", bound=Record)


class Endpoint(Record):
    """A server that speaks OpenAI chat completions; and what all services have in common."""

    base_url: str
    """Up to and with ``/v1``."""
    api_key_env: str | None = None
    """The environment variable that holds the key. None: the server wants none."""
    timeout_s: float = Field(default=120, gt=0, le=3600)
    """For a whole call, from connecting to the last byte."""
    concurrency: int = Field(default=4, ge=1, le=256)
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    """Of prompts and answers together. None, here and above: as fast as the service answers."""
    send_seed: bool = True
    usd_per_million_in: float | None = Field(default=None, ge=0)
    usd_per_million_out: float | None = Field(default=None, ge=0)
    """Prices of your own; they stand before those of data/prices.yaml."""

    @field_validator("base_url")
    @classmethod
    def _plain(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must begin with http:// or https:// and name a host")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must hold no user name or password; name a key by api_key_env")
        return value

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        return urlsplit(self.base_url).hostname in {"127.0.0.1", "localhost", "::1"}

    def key(self, system: System) -> str | None:
        """The key from the environment, and from nowhere else. Raises ``ProviderFailed``."""
        if self.api_key_env is None:
            return None
        value = os.environ.get(self.api_key_env)
        if not value:
            raise ProviderFailed(
                f"system {system.id} needs a key: set the environment variable {self.api_key_env}"
            )
        return value


class Anthropic(Endpoint):
    """The Messages API."""

    base_url: str = "https://api.anthropic.com"
    """Without ``/v1``."""
    api_key_env: str | None = "ANTHROPIC_API_KEY"
    cache: Literal["5m", "1h"] | None = None
    """How long the service keeps the system prompt, which all calls share. None: not at all."""


class OpenAI(Endpoint):
    """The Responses API."""

    base_url: str = "https://api.openai.com/v1"
    api_key_env: str | None = "OPENAI_API_KEY"


class Local(Record):
    """How many copies of a local model answer side by side, and how long a text each can hold."""

    servers: int | None = Field(default=None, ge=1, le=64)
    """Copies, each with one slot. None: one a core, at most eight."""
    threads: int = Field(default=1, ge=1, le=64)
    """Of each copy."""
    context: int = Field(default=2048, ge=256, le=8192)
    """Tokens of prompt and answer together."""
    timeout_s: float = Field(default=600, gt=0, le=3600)


class Recording(Record):
    """Where a replay finds the answers that it gives."""

    recording: str
    """A run of the workspace, or a folder or file of answers."""
    system: Slug | None = None
    """Whose answers. None: those of the system named as model."""


def connection(system: System, model: type[C]) -> C:
    """The connection of a system. Raises ``BadInput`` naming system and field."""
    value = system.parameters.get("connection", {})
    try:
        return model.model_validate(value)
    except ValidationError as error:
        field, message = first_fault(error)
        where = ".".join(filter(None, ("connection", field)))
        raise BadInput(f"system {system.id}: {message}", field=where) from error


def sent(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What of the parameters goes into each call: all but the connection."""
    return {name: value for name, value in parameters.items() if name != "connection"}
