"""Systems under test: one way to reach them a file, each importing its SDK when it is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medaudit.providers.answer import Adapter, Answer, Asked, Batching, Body, Keep, Provider
from medaudit.providers.images import Images
from medaudit.records import System
from medaudit.registry import Registry

BUILT_IN: tuple[str, ...] = (
    "local",
    "openai_compatible",
    "anthropic",
    "openai",
    "replay",
    "policy",
)
REGISTRY: Registry[Adapter] = Registry("providers", Adapter, BUILT_IN)

__all__ = [
    "BUILT_IN",
    "REGISTRY",
    "Adapter",
    "Answer",
    "Asked",
    "Batching",
    "Body",
    "Images",
    "Keep",
    "Provider",
    "open",
]


def open(
    system: System,
    *,
    runs: Path | None = None,
    images: Images | None = None,
    tell: Callable[[str], None] | None = None,
) -> Provider:
    """The provider of a system, not yet entered. Raises ``UnknownName`` or ``BadInput``.

    ``runs`` is the folder in which a replay looks for its recording; ``images`` are those that
    messages name; ``tell`` is told of long preparations.
    """
    return REGISTRY.load(system.provider).open(system, runs=runs, images=images, tell=tell)
