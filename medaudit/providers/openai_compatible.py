"""Any server that speaks OpenAI chat completions, through the vendor's own SDK.

The SDK's retries are off: each call is one attempt, and the run decides whether to make another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from medaudit.errors import MedauditError, ProviderFailed
from medaudit.providers import gate, wire
from medaudit.providers.answer import Adapter, Answer, Keep, drop
from medaudit.providers.connection import Endpoint, connection, sent
from medaudit.providers.faults import quiet
from medaudit.providers.images import Images
from medaudit.records import Message, System

if TYPE_CHECKING:
    import openai


class OpenAICompatible:
    """One model behind one base URL."""

    def __init__(
        self,
        system: System,
        endpoint: Endpoint,
        api_key: str | None = None,
        images: Images | None = None,
    ) -> None:
        self.system = system
        self.endpoint = endpoint
        self.concurrency = endpoint.concurrency
        self.images = images or Images()
        self._key = api_key
        self._client: openai.AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        quiet()
        self._key = self._key or self.endpoint.key(self.system)
        self._client = sdk_client(self.endpoint, self._key)
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
        import openai

        client = self.client
        body = sent(parameters)
        if self.endpoint.send_seed:
            body["seed"] = seed
        try:
            listed = [self._turn(message) for message in messages]
        except MedauditError as error:
            return Answer("bad_request", detail=str(error), final=True)
        if self.system.system_prompt:
            listed.insert(0, {"role": "system", "content": self.system.system_prompt})
        opening = client.chat.completions.with_streaming_response.create(
            model=self.system.model,
            messages=listed,  # type: ignore[arg-type]
            extra_body=body,
        )
        limit = self.endpoint.timeout_s
        return await wire.call(
            openai, opening, gate.chat, timeout_s=limit, key=self._key, keep=keep
        )

    async def describe(self) -> dict[str, Any] | None:
        """What the server says of the model. Raises ``ProviderFailed``."""
        return await description(self.client, self.system, self._key)

    @property
    def client(self) -> openai.AsyncOpenAI:
        if self._client is None:
            raise ProviderFailed(f"system {self.system.id} was asked before it was opened")
        return self._client

    def _turn(self, message: Message) -> dict[str, Any]:
        if not message.images:
            return {"role": message.role, "content": message.text}
        shown = [
            {"type": "image_url", "image_url": {"url": image.url}}
            for image in self.images.of(message)
        ]
        return {"role": message.role, "content": [*shown, {"type": "text", "text": message.text}]}


def sdk_client(endpoint: Endpoint, key: str | None) -> openai.AsyncOpenAI:
    """The vendor's client with everything off that it does of its own accord."""
    import httpx2
    import openai

    return openai.AsyncOpenAI(
        api_key=key or "none",
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=httpx2.Timeout(endpoint.timeout_s, connect=wire.CONNECT_S),
        # The SDK would send these from the environment to whichever server this is.
        default_headers={
            "OpenAI-Organization": openai.Omit(),  # type: ignore[dict-item]
            "OpenAI-Project": openai.Omit(),  # type: ignore[dict-item]
        },
        http_client=wire.client_of(endpoint.loopback),
    )


async def description(
    client: openai.AsyncOpenAI, system: System, key: str | None
) -> dict[str, Any] | None:
    """What a service says of a system's model. Raises ``ProviderFailed``."""
    import openai

    asking = client.models.retrieve(system.model)
    return wire.said(await wire.demand(openai, f"system {system.id}", asking, key), key)


def _open(system: System, *, images: Images | None = None, **_: object) -> OpenAICompatible:
    return OpenAICompatible(system, connection(system, Endpoint), images=images)


PROVIDER = Adapter("openai_compatible", "Any server that speaks OpenAI chat completions", _open)
