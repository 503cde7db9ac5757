"""Any server that speaks OpenAI chat completions, through the vendor's own SDK.

The SDK's retries are off: each call is one attempt, and the run decides whether to make another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from medaudit.providers import gate, wire
from medaudit.providers.answer import Adapter, Answer
from medaudit.providers.connection import Endpoint, connection, sent
from medaudit.providers.images import Images
from medaudit.providers.service import S, Service
from medaudit.records import Message, System

if TYPE_CHECKING:
    import openai


class OpenAIService(Service["openai.AsyncOpenAI", S]):
    """What speaks through OpenAI's SDK."""

    def sdk(self) -> ModuleType:
        import openai

        return openai

    def connect(self) -> openai.AsyncOpenAI:
        import httpx2
        import openai

        return openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self.setting.base_url,
            max_retries=0,
            timeout=httpx2.Timeout(self.setting.timeout_s, connect=wire.CONNECT_S),
            # The SDK would send these from the environment to whichever server this is.
            default_headers={
                "OpenAI-Organization": openai.Omit(),  # type: ignore[dict-item]
                "OpenAI-Project": openai.Omit(),  # type: ignore[dict-item]
            },
            http_client=wire.client_of(self.setting.loopback),
        )


class OpenAICompatible(OpenAIService[Endpoint]):
    """One model behind one base URL."""

    def body(
        self, messages: Sequence[Message], parameters: Mapping[str, Any], seed: int | None = None
    ) -> dict[str, Any]:
        """What is sent. Raises ``BadInput`` when an image cannot be."""
        turns = [self._turn(message) for message in messages]
        if self.system.system_prompt:
            turns.insert(0, {"role": "system", "content": self.system.system_prompt})
        body = {"model": self.system.model, "messages": turns, **sent(parameters)}
        if self.setting.send_seed and seed is not None:
            body["seed"] = seed
        return body

    def gate(self, body: bytes) -> Answer:
        return gate.chat(body)

    def opening(self, client: openai.AsyncOpenAI, body: dict[str, Any]) -> wire.Opening:
        return client.chat.completions.with_streaming_response.create(
            model=body.pop("model"), messages=body.pop("messages"), extra_body=body
        )

    def _turn(self, message: Message) -> dict[str, Any]:
        if not message.images:
            return {"role": message.role, "content": message.text}
        shown = [
            {"type": "image_url", "image_url": {"url": image.url}}
            for image in self.images.of(message)
        ]
        return {"role": message.role, "content": [*shown, {"type": "text", "text": message.text}]}


def _open(system: System, *, images: Images | None = None, **_: object) -> OpenAICompatible:
    return OpenAICompatible(system, connection(system, Endpoint), images=images)


PROVIDER = Adapter("openai_compatible", "Any server that speaks OpenAI chat completions", _open)
