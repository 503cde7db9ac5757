"""Systems whose answers to image cases can be worked out by hand, behind a loopback server.

- ``reader`` reads every image rightly and says so when there is none;
- ``guesser`` knows the keys by heart and never looks;
- ``refuser`` wants to see the image, whether it is there or not.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medaudit import run, suite
from medaudit.bank import load
from medaudit.imaging.files import own
from medaudit.probes import REGISTRY
from medaudit.records import Case, System
from medaudit.resources import data
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import Loopback, Reply, said

NAMES = ("d1-ecg-broad-complex", "d3-audiogram-blocked-ear", "d8-fever-chart-toddler")
TESTS = (
    "modality_sensitivity", "modality_necessity", "option_reorder", "distractor_replacement",
    "text_distractors", "visual_substitution",
)  # fmt: skip
MISSING = "I cannot see the image that should be attached, so this cannot be decided."
OPTION = re.compile(r"^([A-J])\. (.*)$", re.MULTILINE)


def image_cases(*names: str) -> list[Case]:
    """The image cases of these names; without one, every case that its image decides."""
    files = sorted((data() / "cases").glob("*.yaml"))
    wanted = [path for path in files if path.stem in names or not names]
    deciding = [path for path in wanted if "\nsubstitutes:" in path.read_text(encoding="utf-8")]
    return load(*deciding)


def cases() -> list[Case]:
    return load(*(data() / "cases" / f"{name}.yaml" for name in NAMES))


def suite_of(*more: str, levels: Sequence[int] = (1, 4)) -> Suite:
    """Three cases under all that the six tests need."""
    probes = [REGISTRY.load(name) for name in (*TESTS, *more)]
    return suite.build(cases(), probes, levels=levels, arms=None)


def system(url: str, name: str) -> System:
    return System(
        id=name, title=name.capitalize(), provider="openai_compatible", vendor="Test bench",
        model=name, notice="Answers were written for tests.",
        parameters={"connection": {"base_url": url}},
    )  # fmt: skip


def answered(body: dict[str, Any]) -> Reply:
    """What the system of that model says."""
    texts, images = [], []
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if message["role"] != "user":
            continue
        for part in parts:
            if part["type"] == "text":
                texts.append(part["text"])
            else:
                images.append(part["image_url"]["url"].partition("base64,")[2])
    (case,) = (c for c in cases() if c.question in texts[-1])
    right = _right(case, images[-1] if images else None)
    if body["model"] == "refuser" or (body["model"] == "reader" and right is None):
        return said(MISSING)
    wanted = case.reference[0] if body["model"] == "guesser" else right
    text = next(o.text for o in case.options if o.id == wanted)
    letter = next(a for a, t in OPTION.findall(texts[-1]) if t == text)
    return said(f"Answer: {letter}\n{case.safe.text.partition(chr(10))[2]}")


def _right(case: Case, image: str | None) -> str | None:
    """The option that an image makes right, by its bytes."""
    made = dict.fromkeys(case.images, case.reference[0])
    made.update({name: option for option, name in case.substitutes.items()})
    for name, option in made.items():
        content = (own() / f"{name}.png").read_bytes()
        if image == base64.b64encode(content).decode("ascii"):
            return option
    return None


def answered_run(home: Path, built: Suite, *names: str) -> tuple[Workspace, str]:
    """A finished run of these systems."""
    workspace = Workspace(home).create()
    with Loopback(lambda body, _: answered(body)) as server:
        systems = [system(server.url, name) for name in names]
        plan = run.plan(workspace, built, systems, repeats=1)
        run.execute(workspace, plan.id)
    return workspace, plan.id
