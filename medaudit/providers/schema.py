"""Holding a system's answers to a JSON schema, where its service can do that.

It saves tries and proves nothing: services move limits into prose, and some ignore a schema. What
comes back is validated by whoever asked.
"""

from __future__ import annotations

from typing import Any

from medaudit.records import System


def constrained(system: System, name: str, schema: dict[str, Any]) -> System:
    """The system asked for JSON of this schema, in the words of its service.

    The same system where the provider knows no such words, or the parameters say something already.
    """
    strict = {"name": name, "strict": True, "schema": schema}
    if system.provider in ("openai_compatible", "local"):
        return _with(system, "response_format", {"type": "json_schema", "json_schema": strict})
    if system.provider == "openai":
        return _inside(system, "text", {"type": "json_schema", **strict})
    if system.provider == "anthropic":
        return _inside(system, "output_config", {"type": "json_schema", "schema": schema})
    return system


def _inside(system: System, word: str, form: dict[str, Any]) -> System:
    own = system.parameters.get(word, {})
    if not isinstance(own, dict) or "format" in own:
        return system
    parameters = {**system.parameters, word: {**own, "format": form}}
    return system.model_copy(update={"parameters": parameters})


def _with(system: System, word: str, value: dict[str, Any]) -> System:
    return system.model_copy(update={"parameters": {word: value, **system.parameters}})
