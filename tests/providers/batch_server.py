"""What both vendors' batch services do, on loopback: take calls, let time pass, give results."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.providers.loopback import Loopback, Reply, failed

Result = Callable[[dict[str, Any]], dict[str, Any] | None]


class Batches:
    """Serves ``Loopback(other=…)``. ``result`` makes of a request the service's result line."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.ended = False
        self.refuse: Reply | None = None
        """What every hand-over gets instead."""
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        self.server: Loopback | None = None

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        parts = path.removeprefix("/v1/").split("/")
        if method == "DELETE":
            self.deleted.append(parts[-1])
            return Reply(200, {"id": parts[-1], "deleted": True, "object": "file"})
        if method == "POST" and self.refuse is not None:
            return self.refuse
        if parts[0] == "messages":
            return self._anthropic(method, parts[2:], body)
        if parts[0] == "files":
            return self._files(method, parts[1:], body)
        return self._openai(method, parts[1:], body)

    def _anthropic(self, method: str, parts: list[str], body: bytes) -> Reply:
        if method == "POST":
            name = f"msgbatch_{len(self.batches) + 1}"
            self.batches[name] = {"requests": json.loads(body)["requests"]}
            return Reply(200, self._message_batch(name))
        if parts[0] not in self.batches:
            return failed(404)
        if parts[1:] == ["results"]:
            return Reply(200, self._lines(self.batches[parts[0]]["requests"]))
        return Reply(200, self._message_batch(parts[0]))

    def _message_batch(self, name: str) -> dict[str, Any]:
        assert self.server is not None
        url = f"{self.server.root}/v1/messages/batches/{name}/results" if self.ended else None
        state = "ended" if self.ended else "in_progress"
        return {
            "id": name,
            "type": "message_batch",
            "processing_status": state,
            "results_url": url,
            "request_counts": {},
        }

    def _files(self, method: str, parts: list[str], body: bytes) -> Reply:
        if method == "POST":
            name = f"file-{len(self.files) + 1}"
            # The calls stand in a multipart body, a line each.
            lines = [line for line in body.split(b"\n") if line.startswith(b'{"custom_id"')]
            self.files[name] = b"\n".join(lines)
            return Reply(200, {"id": name, "object": "file", "purpose": "batch"})
        return Reply(200, self.files[parts[0]], {"content-type": "application/octet-stream"})

    def _openai(self, method: str, parts: list[str], body: bytes) -> Reply:
        if method == "POST":
            asked = json.loads(body)
            name = f"batch_{len(self.batches) + 1}"
            data = self.files[asked["input_file_id"]]
            requests = [json.loads(line) for line in data.split(b"\n")]
            self.batches[name] = {**asked, "requests": requests}
        else:
            name = parts[0]
        batch = self.batches[name]
        if self.ended and "output" not in batch:
            batch["output"] = f"file-{len(self.files) + 1}"
            self.files[batch["output"]] = self._lines(batch["requests"])
        return Reply(
            200,
            {
                "id": name,
                "object": "batch",
                "status": "completed" if self.ended else "in_progress",
                "input_file_id": batch["input_file_id"],
                "output_file_id": batch.get("output"),
                "error_file_id": None,
                "endpoint": batch["endpoint"],
                "metadata": batch["metadata"],
            },
        )

    def _lines(self, requests: list[dict[str, Any]]) -> bytes:
        """The results in another order than the requests, as the vendors warn."""
        lines = [found for one in requests if (found := self.result(one)) is not None]
        random.Random(7).shuffle(lines)
        return b"\n".join(json.dumps(line).encode() for line in lines)
