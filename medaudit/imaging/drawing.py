"""From parameters to picture and truth: one kind of image a module, listed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from medaudit.errors import BadInput
from medaudit.imaging import audiogram, ecg, glucose, growth, observations, spirometry
from medaudit.imaging.canvas import Canvas
from medaudit.imaging.files import own
from medaudit.imaging.told import Told
from medaudit.records import Slug

Parameters: TypeAlias = Annotated[
    ecg.Ecg
    | audiogram.Audiogram
    | spirometry.Spirometry
    | growth.Growth
    | glucose.Glucose
    | observations.Observations
    | observations.Temperature,
    Field(discriminator="kind"),
]
_PARAMETERS: TypeAdapter[dict[Slug, Parameters]] = TypeAdapter(dict[Slug, Parameters])
ALT = {
    "ecg": "ECG rhythm strip, lead II, 10 seconds",
    "audiogram": "Pure-tone audiogram of both ears",
    "spirometry": "Spirometry: flow-volume loop with a table of values",
    "growth": "Growth chart: weight by age over centile lines",
    "glucose": "Glucose over one day of continuous monitoring",
    "observations": "Observation chart of vital signs",
    "temperature": "Temperature chart, morning and evening",
}
"""What an image is, by kind, without its reading: for who cannot see it, and safe to show blind."""


def simulated() -> dict[str, Parameters]:
    """What each image of ``data/images`` is drawn from, by name. Raises ``BadInput``."""
    path = own() / "drawn.yaml"
    try:
        return _PARAMETERS.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a list of images: {error}", file=path.name) from error


_KINDS: dict[type[Any], tuple[Callable[[Any], Canvas], Callable[[Any], Told]]] = {
    ecg.Ecg: (ecg.draw, ecg.told),
    audiogram.Audiogram: (audiogram.draw, audiogram.told),
    spirometry.Spirometry: (spirometry.draw, spirometry.told),
    growth.Growth: (growth.draw, growth.told),
    glucose.Glucose: (glucose.draw, glucose.told),
    observations.Observations: (observations.draw, observations.told),
    observations.Temperature: (observations.draw_temperature, observations.told_temperature),
}
"""How each kind of image is drawn, and what is on it."""


def draw(what: Parameters) -> Canvas:
    """The picture: the same pixels on every machine."""
    return _KINDS[type(what)][0](what)


def told(what: Parameters) -> Told:
    """What is on the picture, from the same numbers that it is drawn from."""
    return _KINDS[type(what)][1](what)
