"""A drawing in whole pixels and flat colours: the same on every machine.

No smoothing and no font file. Text is Pillow's built-in bitmap font, enlarged by whole numbers.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from PIL import Image, ImageDraw, ImageFont

COLOURS: dict[str, tuple[int, int, int]] = {
    "paper": (255, 255, 255),
    "ink": (20, 20, 24),
    "grey": (120, 124, 132),
    "faint": (222, 225, 230),
    "band": (226, 241, 228),
    "red": (190, 24, 36),
    "blue": (22, 70, 176),
    "pink": (250, 214, 214),
    "rose": (236, 150, 150),
    "green": (24, 118, 60),
}
_INDEX = {name: index for index, name in enumerate(COLOURS)}
Align: TypeAlias = Literal["left", "centre", "right"]
Point: TypeAlias = tuple[float, float]


class Canvas:
    """Width x height pixels, origin at the upper left."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("P", (width, height), 0)
        self.image.putpalette([part for colour in COLOURS.values() for part in colour])
        self._draw = ImageDraw.Draw(self.image)
        self._font = ImageFont.load_default_imagefont()

    def line(self, points: Iterable[Point], colour: str = "ink", width: int = 1) -> None:
        """A line through points, each at the nearest whole pixel."""
        whole = [(round(x), round(y)) for x, y in points]
        self._draw.line(whole, fill=_INDEX[colour], width=width)

    def dashed(
        self, points: Sequence[Point], colour: str = "grey", width: int = 1, every: int = 8
    ) -> None:
        """A line through many close points of which each other stretch is left out."""
        for start in range(0, len(points) - 1, 2 * every):
            self.line(points[start : start + every + 1], colour, width)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        """A filled box, both corners included."""
        corners = (round(x0), round(y0), round(x1), round(y1))
        self._draw.rectangle(corners, fill=_INDEX[colour])

    def dot(self, x: float, y: float, radius: int, colour: str = "ink") -> None:
        """A filled square turned on its corner: its middle is the exact place."""
        x, y = round(x), round(y)
        corners = [(x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)]
        self._draw.polygon(corners, fill=_INDEX[colour])

    def ring(self, x: float, y: float, radius: int, colour: str) -> None:
        """A circle, two pixels wide."""
        x, y = round(x), round(y)
        corners = (x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse(corners, outline=_INDEX[colour], width=2)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str = "ink",
        *,
        size: int = 2,
        align: Align = "left",
    ) -> None:
        """One line of text, its upper edge at ``y``. Characters are 6 x 11 pixels times size."""
        left, top, right, bottom = self._font.getbbox(words)
        small = Image.new("1", (int(right - left), int(bottom - top)), 0)
        ImageDraw.Draw(small).text((0, 0), words, fill=1, font=self._font)
        mask = small.resize((small.width * size, small.height * size), Image.Resampling.NEAREST)
        shift = {"left": 0, "centre": mask.width // 2, "right": mask.width}[align]
        self.image.paste(_INDEX[colour], (round(x) - shift, round(y)), mask)

    def png(self) -> bytes:
        """The file. Compression may differ between machines, pixels do not."""
        stream = io.BytesIO()
        self.image.save(stream, format="PNG", optimize=True)
        return stream.getvalue()
