"""What is on a drawn image: the reading of it in words and numbers, and what it does not show."""

from __future__ import annotations

from medaudit.records import Record, Text


class Told(Record):
    """The exact truth of one image, computed from the simulation that it was drawn from."""

    reading: Text
    """The reading in one line, as it could be typed beside the image."""
    values: dict[str, float | str]
    """Every number that can be read off, with its unit in the name."""
    shows: tuple[Text, ...]
    absent: tuple[Text, ...]
    """Findings that somebody could invent, and that are not there."""
