"""Draw the shipped images and write their truth: ``python -m scripts.images``.

Reads ``data/images/drawn.yaml``; writes ``data/images/<name>.png`` and ``truth.yaml``. The same
parameters give the same pixels on every machine; a file whose pixels are right is left as it is,
because suites are known by the bytes of their images.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from PIL import Image

from medaudit.imaging.drawing import ALT, draw, simulated, told
from medaudit.imaging.files import own
from medaudit.imaging.truth import pixel_hash

HEAD = "# Written by scripts/images.py from drawn.yaml. The exact truth of each image.\n"


def _pixels(path: Path) -> str:
    with Image.open(path) as image:
        return pixel_hash(image.size, image.convert("RGB").tobytes())


def main() -> None:
    """Draw everything again."""
    rows = {}
    for name, what in simulated().items():
        canvas = draw(what)
        path = own() / f"{name}.png"
        pixels = pixel_hash(canvas.image.size, canvas.image.convert("RGB").tobytes())
        if not path.is_file() or _pixels(path) != pixels:  # another machine may compress otherwise
            path.write_bytes(canvas.png())
        rows[name] = {
            "kind": what.kind,
            "alt": ALT[what.kind],
            "pixels": pixels,
            "parameters": what.model_dump(mode="json", exclude={"kind"}),
            "told": told(what).model_dump(mode="json"),
        }
    text = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=100)
    (own() / "truth.yaml").write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    main()
