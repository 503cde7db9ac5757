"""Anthropic's Messages API and Message Batches, through the vendor's own SDK.

``parameters`` go into the body as they are (max_tokens, thinking, output_config, stop_sequences
…). The API takes no seed, and newer models no temperature. The SDK's retries are off.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from medaudit.errors import BadInput, ProviderFailed
from medaudit.providers import wire
from medaudit.providers.answer import Adapter, Answer, Asked, BatchState
from medaudit.providers.connection import Anthropic as Setting
from medaudit.providers.connection import connection, sent
from medaudit.providers.gate import fault, parsed, part
from medaudit.providers.gate_messages import message as gate_message
from medaudit.providers.gate_messages import messages as gate_messages
from medaudit.providers.images import Images
from medaudit.providers.service import Service
from medaudit.records import Message, System

if TYPE_CHECKING:
    import anthropic

MOST = 10_000
"""Calls in one batch; the service takes ten times as many, and 256 MB."""
_ENDED: dict[str, str] = {"canceled": "canceled by the service", "expired": "not answered in a day"}


class MessagesAPI(Service["anthropic.AsyncAnthropic", Setting]):
    """One model behind the Messages API."""

    most = MOST

    def __init__(
        self,
        system: System,
        setting: Setting,
        key: str | None = None,
        images: Images | None = None,
    ) -> None:
        limit = system.parameters.get("max_tokens")
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise BadInput(f"system {system.id}: set it to a whole number", field="max_tokens")
        super().__init__(system, setting, key, images)

    def sdk(self) -> ModuleType:
        import anthropic

        return anthropic

    def connect(self) -> anthropic.AsyncAnthropic:
        import anthropic
        import httpx2

        return anthropic.AsyncAnthropic(
            api_key=self._key or "none",
            base_url=self.setting.base_url,
            max_retries=0,
            timeout=httpx2.Timeout(self.setting.timeout_s, connect=wire.CONNECT_S),
            # The SDK would send these from the environment to whichever server this is.
            default_headers=dict.fromkeys(_from_environment(), anthropic.Omit()),  # type: ignore[arg-type]
            http_client=wire.client_of(self.setting.loopback),
            open_telemetry=False,
        )

    def body(
        self, messages: Sequence[Message], parameters: Mapping[str, Any], seed: int | None = None
    ) -> dict[str, Any]:
        """What is sent. Raises ``BadInput`` where the API has no place for the messages."""
        prompts = [self.system.system_prompt] if self.system.system_prompt else []
        turns = list(messages)
        while turns and turns[0].role == "system":
            prompts.append(turns.pop(0).text)
        if any(turn.role == "system" for turn in turns):
            raise BadInput("a system message after the first turn has no place in this API")
        system: dict[str, Any] = {"type": "text", "text": "\n\n".join(prompts)}
        if self.setting.cache is not None:
            system["cache_control"] = {"type": "ephemeral", "ttl": self.setting.cache}
        return {
            **sent(parameters),
            "model": self.system.model,
            "messages": [self._turn(turn) for turn in turns],
            **({"system": [system]} if prompts else {}),
        }

    def gate(self, body: bytes) -> Answer:
        return gate_messages(body)

    def opening(self, client: anthropic.AsyncAnthropic, body: dict[str, Any]) -> wire.Opening:
        return client.messages.with_streaming_response.create(
            model=body.pop("model"),
            max_tokens=body.pop("max_tokens"),
            messages=body.pop("messages"),
            extra_body=body,
            # Said again, because the SDK refuses long answers under its own default.
            timeout=client.timeout,
        )

    async def hand_over(self, asked: Sequence[Asked], note: str) -> str:
        import anthropic

        requests: Any = [
            {"custom_id": one.id, "params": self.body(one.messages, one.parameters)}
            for one in asked
        ]
        making = self.client.messages.batches.create(requests=requests)
        found = await wire.demand(anthropic, "the batch was not taken", making, self._key)
        return wire.batch_id(found)

    async def batch_state(self, batch_id: str) -> BatchState:
        return "ended" if (await self._batch(batch_id)).processing_status == "ended" else "going_on"

    async def results(self, batch_id: str) -> AsyncIterator[bytes]:
        import anthropic

        url = (await self._batch(batch_id)).results_url
        if url is None or urlsplit(url).netloc != urlsplit(self.setting.base_url).netloc:
            raise ProviderFailed(f"batch {batch_id} names no results on {self.setting.base_url}")
        reading = self.client.messages.batches.with_streaming_response.results(batch_id)
        async for line in wire.lines(anthropic, f"batch {batch_id}", reading, self._key):
            yield line

    def read_result(self, line: bytes) -> tuple[str | None, Answer]:
        value = parsed(line)
        if isinstance(value, Answer):
            return None, value
        name, result = value.get("custom_id"), part(value, "result")
        kind = result.get("type")
        if kind == "succeeded":
            answer = gate_message(part(result, "message"))
        elif kind == "errored":
            inner = part(part(result, "error"), "error")
            answer = fault(inner or part(result, "error"))
        else:
            answer = Answer("server_error", detail=_ENDED.get(str(kind), f"result {kind!r}"))
        return name if isinstance(name, str) else None, wire.without(answer, self._key)

    async def forget(self, batch_id: str) -> None:
        import anthropic

        removing = self.client.messages.batches.delete(batch_id)
        await wire.demand(anthropic, f"batch {batch_id} was not deleted", removing, self._key)

    async def _batch(self, batch_id: str) -> Any:
        import anthropic

        asking = self.client.messages.batches.retrieve(batch_id)
        return await wire.demand(anthropic, f"batch {batch_id}", asking, self._key)

    def _turn(self, turn: Message) -> dict[str, Any]:
        if not turn.images:
            return {"role": turn.role, "content": turn.text}
        shown: list[dict[str, Any]] = [
            {
                "type": "image",
                "source": {"type": "base64", "media_type": image.kind, "data": image.data},
            }
            for image in self.images.of(turn)
        ]
        return {"role": turn.role, "content": [*shown, {"type": "text", "text": turn.text}]}


def _from_environment() -> list[str]:
    """The names of the headers that the SDK would add of its own accord."""
    lines = os.environ.get("ANTHROPIC_CUSTOM_HEADERS", "").split("\n")
    return [line.partition(":")[0].strip() for line in lines if ":" in line]


def _open(system: System, *, images: Images | None = None, **_: object) -> MessagesAPI:
    return MessagesAPI(system, connection(system, Setting), images=images)


PROVIDER = Adapter("anthropic", "Anthropic's Messages API and Message Batches", _open)
