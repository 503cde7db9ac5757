"""OpenAI's Responses API and Batches, through the vendor's own SDK; nothing is stored there.

``parameters`` go into the body as they are (max_output_tokens, reasoning, text …); ``max_tokens``
is sent under the name that this API knows. The API takes no seed. The SDK's retries are off.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from medaudit.errors import ProviderFailed
from medaudit.providers import wire
from medaudit.providers.answer import Adapter, Answer, Asked, BatchState
from medaudit.providers.connection import OpenAI as Setting
from medaudit.providers.connection import connection, sent
from medaudit.providers.faults import outcome_of
from medaudit.providers.gate import fault, parsed, part
from medaudit.providers.gate_responses import response as gate_response
from medaudit.providers.gate_responses import responses as gate_responses
from medaudit.providers.images import Images
from medaudit.providers.openai_compatible import OpenAIService
from medaudit.records import Message, System

if TYPE_CHECKING:
    import openai

MOST = 10_000
"""Calls in one batch; the service takes five times as many, and 200 MB."""
ENDPOINT: Literal["/v1/responses"] = "/v1/responses"
OK = 200


class ResponsesAPI(OpenAIService[Setting]):
    """One model behind the Responses API."""

    most = MOST

    def body(
        self, messages: Sequence[Message], parameters: Mapping[str, Any], seed: int | None = None
    ) -> dict[str, Any]:
        """What is sent. Raises ``BadInput`` when an image cannot be."""
        body = sent(parameters)
        if "max_tokens" in body:
            body.setdefault("max_output_tokens", body.pop("max_tokens"))
        if self.system.system_prompt:
            body["instructions"] = self.system.system_prompt
        turns = [self._turn(message) for message in messages]
        return {**body, "model": self.system.model, "input": turns, "store": False}

    def gate(self, body: bytes) -> Answer:
        return gate_responses(body)

    def opening(self, client: openai.AsyncOpenAI, body: dict[str, Any]) -> wire.Opening:
        return client.responses.with_streaming_response.create(
            store=body.pop("store"), extra_body=body
        )

    async def hand_over(self, asked: Sequence[Asked], note: str) -> str:
        import openai

        rows = [
            {
                "custom_id": one.id,
                "method": "POST",
                "url": ENDPOINT,
                "body": self.body(one.messages, one.parameters),
            }
            for one in asked
        ]
        data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8")
        sending = self.client.files.create(file=("calls.jsonl", data), purpose="batch")
        file = await wire.demand(openai, "the calls were not taken", sending, self._key)
        making = self.client.batches.create(
            input_file_id=wire.batch_id(file),
            endpoint=ENDPOINT,
            completion_window="24h",
            metadata={"medaudit": note},
        )
        try:
            found = await wire.demand(openai, "the batch was not taken", making, self._key)
        except wire.Doubtful:
            raise
        except ProviderFailed:
            with contextlib.suppress(ProviderFailed):
                await self._delete(wire.batch_id(file))  # it holds the cases
            raise
        return wire.batch_id(found)

    async def batch_state(self, batch_id: str) -> BatchState:
        ended = {"completed", "failed", "expired", "cancelled"}
        return "ended" if (await self._batch(batch_id)).status in ended else "going_on"

    async def results(self, batch_id: str) -> AsyncIterator[bytes]:
        import openai

        batch = await self._batch(batch_id)
        for file in (batch.output_file_id, batch.error_file_id):
            if file is not None:
                reading = self.client.files.with_streaming_response.content(file)
                async for line in wire.lines(openai, f"batch {batch_id}", reading, self._key):
                    yield line

    def read_result(self, line: bytes) -> tuple[str | None, Answer]:
        value = parsed(line)
        if isinstance(value, Answer):
            return None, value
        name, reply = value.get("custom_id"), part(value, "response")
        status, body = reply.get("status_code"), part(reply, "body")
        if isinstance(value.get("error"), dict) and not body:
            answer = fault(value["error"])
        elif status == OK:
            answer = gate_response(body)
        else:
            error = part(body, "error")
            code, words = error.get("code") or error.get("type"), str(error.get("message", ""))
            number = status if isinstance(status, int) else 500
            answer = Answer(outcome_of(number, code, words), detail=f"status {status}: {words}")
        return name if isinstance(name, str) else None, wire.without(answer, self._key)

    async def forget(self, batch_id: str) -> None:
        """The service keeps the files of a batch until they are deleted."""
        batch = await self._batch(batch_id)
        for file in (batch.input_file_id, batch.output_file_id, batch.error_file_id):
            if file is not None:
                await self._delete(file)

    async def _delete(self, file: str) -> None:
        import openai

        removing = self.client.files.delete(file)
        await wire.demand(openai, f"file {file} was not deleted", removing, self._key)

    async def _batch(self, batch_id: str) -> Any:
        import openai

        asking = self.client.batches.retrieve(batch_id)
        return await wire.demand(openai, f"batch {batch_id}", asking, self._key)

    def _turn(self, message: Message) -> dict[str, Any]:
        if not message.images:
            return {"role": message.role, "content": message.text}
        shown = [
            {"type": "input_image", "image_url": image.url, "detail": "auto"}
            for image in self.images.of(message)
        ]
        text = {"type": "input_text", "text": message.text}
        return {"role": message.role, "content": [*shown, text]}


def _open(system: System, *, images: Images | None = None, **_: object) -> ResponsesAPI:
    return ResponsesAPI(system, connection(system, Setting), images=images)


PROVIDER = Adapter("openai", "OpenAI's Responses API and Batches", _open)
