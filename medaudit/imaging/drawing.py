"""From parameters to picture and truth: one kind of image a module, listed here."""

from __future__ import annotations

from typing import Annotated, TypeAlias

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


def draw(what: Parameters) -> Canvas:
    """The picture: the same pixels on every machine."""
    if isinstance(what, ecg.Ecg):
        return ecg.draw(what)
    if isinstance(what, audiogram.Audiogram):
        return audiogram.draw(what)
    if isinstance(what, spirometry.Spirometry):
        return spirometry.draw(what)
    if isinstance(what, growth.Growth):
        return growth.draw(what)
    if isinstance(what, glucose.Glucose):
        return glucose.draw(what)
    if isinstance(what, observations.Observations):
        return observations.draw(what)
    return observations.draw_temperature(what)


def told(what: Parameters) -> Told:
    """What is on the picture, from the same numbers that it is drawn from."""
    if isinstance(what, ecg.Ecg):
        return ecg.told(what)
    if isinstance(what, audiogram.Audiogram):
        return audiogram.told(what)
    if isinstance(what, spirometry.Spirometry):
        return spirometry.told(what)
    if isinstance(what, growth.Growth):
        return growth.told(what)
    if isinstance(what, glucose.Glucose):
        return glucose.told(what)
    if isinstance(what, observations.Observations):
        return observations.told(what)
    return observations.told_temperature(what)
