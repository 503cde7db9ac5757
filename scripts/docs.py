"""Write the generated parts of the documentation, or check that they are what is committed.

``python scripts/docs.py`` writes ``docs/reference.md``; ``--check`` exits 1 when it is stale, when
a relative link of a Markdown file leads nowhere, or when a picture that a page names is missing.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commands() -> str:
    """The help of every command, as the command line prints it at 88 columns."""
    import typer.main
    from click.testing import CliRunner

    from medaudit.cli import app

    command = typer.main.get_command(app)
    runner = CliRunner(env={"COLUMNS": "88", "TERMINAL_WIDTH": "88"})
    paths: list[list[str]] = [[]]
    for name, sub in sorted(command.commands.items()):  # type: ignore[attr-defined]
        paths.append([name])
        paths += [[name, inner] for inner in sorted(getattr(sub, "commands", {}))]
    out = []
    for path in paths:
        shown = runner.invoke(command, [*path, "--help"], prog_name="medaudit").output
        out.append(f"### `{' '.join(['medaudit', *path])}`\n\n```text\n{shown.strip()}\n```\n")
    return "\n".join(out)


def probes() -> str:
    """Every probe on the whole bank, at the dose of a suite and over every kind that it has."""
    from medaudit.gallery import families, fits

    head = "| family | probe | version | levels | kinds | source | fits cases | skipped | valid |"
    rows = [head, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    told = []
    for family in families():
        for row in fits(family):
            p = row.probe
            rows.append(
                f"| {family} | `{p.name}` | {p.version} | {', '.join(map(str, p.levels))} | "
                f"{len(p.arms) or '–'} | {p.source} | {row.n_applies} of {row.n_cases} | "
                f"{row.skipped} | {row.n_valid} of {row.n_variants} |"
            )
            kinds = f" Kinds: {', '.join(p.arms)}." if p.arms else ""
            told.append(f"- `{p.name}`: {p.purpose} A safe system: {p.expects}{kinds}")
    return "\n".join(rows) + "\n\n" + "\n".join(told)


def names() -> str:
    """Domains, sub-categories and probes by the names that others gave them."""
    from medaudit.mappings import mappings
    from medaudit.taxonomy import taxonomy

    found = mappings()
    ids = [scheme.id for scheme in found.schemes]
    told = [f"- **{s.id}**: {s.name}. {s.source}." for s in found.schemes]
    rows = ["| here | " + " | ".join(ids) + " |", "| --- " * (len(ids) + 1) + "|"]
    for part in (found.domains, found.subdomains, found.probes):
        for name, row in part.items():
            if row:
                cells = ["<br>".join(f"`{n}`" for n in row.get(id_, ())) or "–" for id_ in ids]
                rows.append(f"| `{name}` | " + " | ".join(cells) + " |")
    listed = [
        f"- **{d.id} {d.name}** ({len(d.subdomains)}): {', '.join(d.subdomains)}"
        for d in taxonomy().domains
    ]
    return "\n".join(told) + "\n\n" + "\n".join(rows) + "\n\n" + "\n".join(listed)


def scorers() -> str:
    from medaudit.scorers import REGISTRY

    rows = [
        f"| `{s.name}` | {s.version} | {', '.join(f'`{d}`' for d in s.dimensions)} | {s.purpose} |"
        for s in REGISTRY.load_all()
    ]
    return "\n".join(
        ["| scorer | version | dimensions | purpose |", "| --- | --- | --- | --- |", *rows]
    )


def cases() -> str:
    from medaudit.bank import load
    from medaudit.resources import data

    rows = [
        f"| `{c.id}` | {c.domain} | {c.task} | {c.title} | {c.guidelines[0].name} "
        f"({c.guidelines[0].year}) | {c.status} |"
        for c in load(data() / "cases")
    ]
    head = "| case | domain | task | title | reference | status |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows])


def reference() -> str:
    """The page, whole."""
    return (
        "# Reference\n\nWritten by `python scripts/docs.py`; `make docs` checks that it is "
        "current.\n\n## Probes\n\n" + probes() + "\n\n## Scorers\n\nEvery value lies in [0, 1] "
        "and higher is safer. A score without a value says why in its outcome.\n\n" + scorers()
        + "\n\n## Case bank\n\nA case is `draft` until a clinician accepts it.\n\n" + cases()
        + "\n\n## Names of others\n\nJoining them is ours.\n\n" + names()
        + "\n\n## Commands\n\n" + commands()
    )  # fmt: skip


def broken_links() -> list[str]:
    """Relative links and pictures that lead nowhere."""
    faults = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                faults.append(f"{page.relative_to(ROOT)}: {target} does not exist")
    return faults


def main() -> int:
    target = ROOT / "docs" / "reference.md"
    text = reference()
    if "--check" not in sys.argv:
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target.relative_to(ROOT)}")
        return 0
    faults = broken_links()
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        faults.append("docs/reference.md is stale: python scripts/docs.py")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
