"""The words of an answer that its scores rest on."""

from __future__ import annotations

import json

from medaudit.records import Span
from medaudit.ui.session import store


def evidence(run_id: str, response_id: str) -> list[Span]:
    """The spans of every score of an answer, each labelled with the dimension that rests on it."""
    return [
        Span.model_validate({**span, "label": f"{row['dimension']}: {span['label']}"})
        for row in store().rows("scores_of_response", run=run_id, response=response_id)
        for span in json.loads(row["evidence"])
    ]
