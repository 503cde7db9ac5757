"""The rules that a reader of the code relies on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = sorted((ROOT / "medaudit").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split("\n")
TEXTS = [
    ROOT / name
    for name in TRACKED
    if name and (ROOT / name).is_file()
    and not name.endswith((".png", ".parquet", ".gz", ".zst"))
]  # fmt: skip


@pytest.mark.parametrize("path", [*PACKAGE, *PAGES], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_has_one_idea(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= (80 if path.parent.name == "pages" else 400)
    assert path.stem not in {"utils", "helpers", "common", "manager", "misc"}


@pytest.mark.parametrize("path", [*PACKAGE, *PAGES], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_shortcut_that_loses_or_leaks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for pattern in (
        r"unsafe_allow_html",
        r"unsafe_allow_javascript",
        r"^(?!.*>>> ).*(?<![.\w])print\(",
        r"^\s*assert ",
        r"TODO|FIXME|XXX",
        r"NotImplementedError",
        r"\bor 0(\.0)?\b(?!\.)",
        r"import pickle",
        r"yaml\.load\(",
    ):
        assert re.search(pattern, text, re.MULTILINE) is None, pattern


def test_only_two_places_catch_everything() -> None:
    catchers = [
        str(path.relative_to(ROOT))
        for path in PACKAGE
        if re.search(r"except (Exception|BaseException)\b|except:", path.read_text("utf-8"))
    ]
    assert set(catchers) <= {"medaudit/run/score.py", "medaudit/run/asking.py"}


def test_nobody_updates_or_deletes_what_people_did() -> None:
    for path in (ROOT / "medaudit" / "journal").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert re.search(r"\.(update|delete)\(|\b(UPDATE|DELETE)\b", text) is None, path
        # What is kept beside the events may go: that is all that `delete` is ever called on.
        assert re.findall(r"\b(?:update|delete)\(\s*(\w+)", text) in ([], ["kept"]), path


def test_nothing_of_this_machine_is_in_the_repository() -> None:
    assert TEXTS, "git lists no files"
    hosts = "|".join(["py" + "pi.org", "python" + "hosted", "npm" + "js.org", "deb" + "ian.org"])
    for path in TEXTS:
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern in (r"/wo" + r"rk/", r"/ro" + r"ot/", hosts, r"sk-[A-Za-z0-9]{20}"):
            assert re.search(pattern, text) is None, f"{path}: {pattern}"


def test_import_and_help_are_quick_and_light() -> None:
    code = (
        "import sys, medaudit, medaudit.cli; "
        "heavy = {'pandas', 'streamlit', 'numpy', 'duckdb', 'sqlalchemy', 'pydantic', 'openai'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
