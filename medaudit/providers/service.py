"""One model of a service that is reached over HTTP, open between ``async with`` and its end.

What the services differ in is what they are sent and how their answer reads; the key, the client
and the way of a call are the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Generic, Protocol, Self, TypeVar

from medaudit.errors import MedauditError, ProviderFailed
from medaudit.providers import wire
from medaudit.providers.answer import Answer, Keep, drop
from medaudit.providers.connection import Endpoint
from medaudit.providers.faults import quiet
from medaudit.providers.images import Images
from medaudit.records import Message, System


class Client(Protocol):
    """What the clients of all SDKs can do."""

    @property
    def models(self) -> Any: ...

    async def close(self) -> None: ...


C = TypeVar("C", bound=Client)
S = TypeVar("S", bound=Endpoint)


class Service(ABC, Generic[C, S]):
    """``C`` is the client of the vendor's SDK, ``S`` how the system is reached."""

    def __init__(
        self, system: System, setting: S, key: str | None = None, images: Images | None = None
    ) -> None:
        self.system = system
        self.setting = setting
        self.concurrency = setting.concurrency
        self.images = images or Images()
        self._key = key
        self._client: C | None = None

    async def __aenter__(self) -> Self:
        quiet()
        self._key = self._key or self.setting.key(self.system)
        self._client = self.connect()
        return self

    async def __aexit__(self, *exc: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        client = self.client
        try:
            body = self.body(messages, parameters, seed)
        except MedauditError as error:
            return Answer("bad_request", detail=str(error), final=True)
        return await wire.call(
            self.sdk(),
            self.opening(client, body),
            self.gate,
            timeout_s=self.setting.timeout_s,
            key=self._key,
            keep=keep,
        )

    async def describe(self) -> dict[str, Any] | None:
        """What the service says of the model. Raises ``ProviderFailed``."""
        asking = self.client.models.retrieve(self.system.model)
        found = await wire.demand(self.sdk(), f"system {self.system.id}", asking, self._key)
        return wire.said(found, self._key)

    @property
    def client(self) -> C:
        if self._client is None:
            raise ProviderFailed(f"system {self.system.id} was asked before it was opened")
        return self._client

    @abstractmethod
    def sdk(self) -> ModuleType:
        """The vendor's SDK, imported."""

    @abstractmethod
    def connect(self) -> C:
        """The vendor's client with everything off that it does of its own accord."""

    @abstractmethod
    def body(
        self, messages: Sequence[Message], parameters: Mapping[str, Any], seed: int | None = None
    ) -> dict[str, Any]:
        """What is sent. Raises ``BadInput`` where the service has no place for it."""

    @abstractmethod
    def gate(self, body: bytes) -> Answer:
        """What a body with a success status is."""

    @abstractmethod
    def opening(self, client: C, body: dict[str, Any]) -> wire.Opening:
        """The call, not yet made."""
