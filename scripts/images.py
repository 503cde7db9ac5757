"""Draw the shipped images and write their truth: ``python -m scripts.images``.

Reads ``data/images/drawn.yaml``; writes ``data/images/<name>.png`` and ``truth.yaml``. The same
parameters give the same pixels on every machine.
"""

from __future__ import annotations

import yaml

from medaudit.imaging.drawing import ALT, draw, simulated, told
from medaudit.imaging.files import own
from medaudit.imaging.truth import pixel_hash

HEAD = "# Written by scripts/images.py from drawn.yaml. The exact truth of each image.\n"


def main() -> None:
    """Draw everything again."""
    rows = {}
    for name, what in simulated().items():
        canvas = draw(what)
        (own() / f"{name}.png").write_bytes(canvas.png())
        rows[name] = {
            "kind": what.kind,
            "alt": ALT[what.kind],
            "pixels": pixel_hash(canvas.image.size, canvas.image.convert("RGB").tobytes()),
            "parameters": what.model_dump(mode="json", exclude={"kind"}),
            "told": told(what).model_dump(mode="json"),
        }
    text = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=100)
    (own() / "truth.yaml").write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    main()
