"""A user's own images: found beside the case file, checked, frozen with the suite, read back."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from medaudit import suite
from medaudit.bank import image_folders, load
from medaudit.cli import main
from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.imaging.files import MAX_BYTES, own
from medaudit.probes import REGISTRY
from medaudit.resources import data
from tests.imaging.reading import suite_of

SOURCE = data() / "cases" / "d1-ecg-broad-complex.yaml"


def own_case(folder: Path, image: str = "strip", **files: bytes) -> Path:
    """The case under another name with images of its own beside it."""
    text = SOURCE.read_text(encoding="utf-8")
    text = text.replace("d1-ecg-broad-complex", "my-case")
    text = text.replace("images: [ecg-05]", f"images: [{image}]")
    path = folder / "my-case.yaml"
    path.write_text(text, encoding="utf-8")
    (folder / "images").mkdir()
    for name, content in files.items():
        (folder / "images" / f"{name}.png").write_bytes(content)
    return path


PNG = (own() / "ecg-06.png").read_bytes()


def test_an_image_beside_the_case_file_is_taken(tmp_path: Path) -> None:
    path = own_case(tmp_path, strip=PNG)
    (case,) = load(path)
    assert case.images == ("strip",)
    assert image_folders(path) == image_folders(tmp_path) == [tmp_path / "images"]
    built = suite.build([case], [REGISTRY.load("visual_substitution")], folders=image_folders(path))
    assert set(built.images) == {"strip", built.variants[1].messages[0].images[0]}
    assert built.images["strip"] == (PNG, "strip.png")


@pytest.mark.parametrize(
    ("image", "files", "reason", "field"),
    [
        ("strip", {}, "no image strip", "images.0"),
        ("strip", {"strip": b"no image"}, "neither PNG", "images.0"),
        ("strip", {"strip": PNG + b"\0" * MAX_BYTES}, "larger than", "images.0"),
        ("ecg-06", {"ecg-06": PNG}, "is the name of an image that medaudit", "images.0"),
        ("ecg-99", {}, "no image ecg-99", "images.0"),
    ],
)
def test_a_wrong_image_is_told_with_file_and_field(
    tmp_path: Path, image: str, files: dict[str, bytes], reason: str, field: str
) -> None:
    path = own_case(tmp_path, image, **files)
    with pytest.raises(BadInput) as caught:
        load(path)
    assert (caught.value.file, caught.value.field) == (str(path), field)
    assert reason in caught.value.reason
    line = next(n for n, row in enumerate(path.read_text().split("\n"), 1) if "images: [" in row)
    assert caught.value.line == line


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = own_case(tmp_path)
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "images" / "strip.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(BadInput, match="leads out of the folder"):
        load(path)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("{atropine: ecg-04,", "{cardioversion: ecg-04,", "not an option that is wrong"),
        ("{atropine: ecg-04,", "{nothing: ecg-04,", "not an option that is wrong"),
        ("{atropine: ecg-04,", "{atropine: ecg-05,", "takes the place of an image"),
        ("{atropine: ecg-04,", "{atropine: ecg-98,", "no image ecg-98"),
        ("images: [ecg-05]\n", "", "takes the place of an image"),
    ],
)
def test_a_substitute_must_make_a_wrong_option_right(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = SOURCE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / SOURCE.name
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput, match=reason) as caught:
        load(path)
    assert (caught.value.field or "").startswith("substitutes.")


def test_an_unset_field_is_not_written() -> None:
    (plain,) = load(data() / "cases" / "d1-aortic-dissection.yaml")
    (with_image,) = load(SOURCE)
    assert "substitutes" not in plain.model_dump(mode="json")
    assert with_image.model_dump(mode="json")["substitutes"] == {
        "atropine": "ecg-04", "fluids": "ecg-07",
    }  # fmt: skip


# --- frozen -------------------------------------------------------------------------------


def test_a_suite_holds_the_images_that_it_shows(tmp_path: Path) -> None:
    built = suite_of(levels=(1,))
    folder = tmp_path / suite.freeze(built, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    kept = {path.name: path.read_bytes() for path in (folder / "images").iterdir()}
    assert {"ecg-05.png", "aud-01.png", "tem-01.png"} < set(kept)
    for name, content in kept.items():
        assert manifest["files"][f"images/{name}"] == hashlib.sha256(content).hexdigest()
    again = suite.load(folder)
    assert (again.suite_id, again.images) == (built.suite_id, built.images)
    (folder / "images" / "ecg-05.png").write_bytes(PNG)
    with pytest.raises(WorkspaceDamaged, match=r"images/ecg-05\.png does not match"):
        suite.load(folder)


def test_another_image_of_the_same_name_is_another_suite(tmp_path: Path) -> None:
    ids = set()
    for k, content in enumerate((PNG, (own() / "ecg-07.png").read_bytes())):
        folder = tmp_path / str(k)
        folder.mkdir()
        (case,) = load(own_case(folder, strip=content))
        ids.add(suite.build([case], [], folders=[folder / "images"]).suite_id)
    assert len(ids) == 2


def test_a_suite_without_images_has_the_files_that_it_always_had(tmp_path: Path) -> None:
    (plain,) = load(data() / "cases" / "d1-aortic-dissection.yaml")
    folder = tmp_path / suite.freeze(suite.build([plain], []), tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert names == {"cases.jsonl", "variants.jsonl", "manifest.json"}


def test_the_command_line_freezes_what_lies_beside_a_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, home = tmp_path / "bank", tmp_path / "home"
    bank.mkdir()
    own_case(bank, strip=PNG)
    command = ["medaudit", "suite", "build", "--cases", str(bank), "--family", "evidence",
               "--home", str(home)]  # fmt: skip
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code in (0, None), capsys.readouterr().out
    shutil.rmtree(bank)
    (folder,) = (home / "suites").iterdir()
    assert suite.load(folder).images["strip"] == (PNG, "strip.png")
