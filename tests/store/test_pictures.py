"""Images beside a case come from the run's copies, and a changed copy is not shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from medaudit import run
from medaudit.imaging.files import own
from medaudit.store import Store
from medaudit.store.pictures import named, pictures
from medaudit.workspace import Workspace
from tests.imaging.reading import suite_of, system


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    workspace = Workspace(tmp_path).create()
    plan = run.plan(workspace, suite_of(levels=(1,)), [system("http://127.0.0.1:9/v1", "reader")])
    return workspace.run(plan.id)


def test_a_picture_is_the_bytes_that_were_planned(planned: Path) -> None:
    (one, two) = pictures(planned, ["ecg-05", "aud-01"])
    content = (own() / "ecg-05.png").read_bytes()
    assert one.url == "data:image/png;base64," + base64.b64encode(content).decode("ascii")
    assert one.alt == "Image 1: ECG rhythm strip, lead II, 10 seconds"
    assert two.alt == "Image 2: Pure-tone audiogram of both ears"
    assert pictures(planned, []) == ()


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_copy_that_is_not_what_was_sent_is_told_and_not_shown(planned: Path, harm: str) -> None:
    copy = planned / "images" / "ecg-05.png"
    if harm == "gone":
        copy.unlink()
    else:
        copy.write_bytes((own() / "ecg-01.png").read_bytes())
    (one,) = pictures(planned, ["ecg-05"])
    assert one.url is None
    assert "missing or was changed" in one.alt


def test_names_are_those_of_all_messages_in_order() -> None:
    assert named('[[],["b","a"],null,["b"]]') == ["b", "a"]
    assert named(None) == named("[]") == []


def test_a_prompt_of_several_messages_says_who_speaks(planned: Path) -> None:
    case, built = "d1-ecg-broad-complex", suite_of("image_late", levels=(1,))
    workspace = Workspace(planned.parent.parent)
    plan = run.plan(workspace, built, [system("http://127.0.0.1:9/v1", "reader")], title="Late")
    with Store.open(workspace.path) as store:
        rows = {r["probe"]: r for r in store.rows("variants_of_case", run=plan.id, case=case)}
    late, base = rows["image_late"], rows["base"]
    first, reply, second = late["prompt"].split("\n\n[")
    assert first == f"[user] {base['prompt']}"
    assert reply.startswith("assistant] ")
    assert second.startswith("user] Here is the image that was to be attached.")
    assert named(late["images"]) == named(base["images"]) == ["ecg-05"]
    assert named(rows["modality_necessity"]["images"]) == []
