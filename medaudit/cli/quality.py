"""The quality of a run's review, in a terminal or as JSON."""

from __future__ import annotations

from typing import Annotated

import typer

from medaudit.cli.parts import Home, head_of, say, workspace_of


def quality(
    run_id: str,
    queue: Annotated[str | None, typer.Option(help="Whose draw carries the estimates")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON")] = False,
    actor: Annotated[str, typer.Option(help="User id of who asks")] = "lead",
    home: Home = None,
) -> None:
    """Agreement of readers, automatic scores against people, corrected rates."""
    from pydantic import TypeAdapter

    from medaudit.errors import BadInput
    from medaudit.journal import Journal
    from medaudit.review import quality_words as words
    from medaudit.review import verdict_words
    from medaudit.review.people import acting
    from medaudit.review.quality import Quality, quality
    from medaudit.store import Store

    workspace = workspace_of(home)
    opened = Journal.found(workspace.journal)
    if opened is None:
        raise BadInput("nobody has reviewed yet: medaudit queue draw RUN --name NAME")
    with opened as journal, Store.open(workspace.path) as store:
        found = quality(store, acting(journal, actor), run_id, queue)
        titles = {r["system_id"]: r["title"] for r in store.rows("systems_of_run", run=run_id)}
        head = head_of(store)
    if as_json:
        say(TypeAdapter(Quality).dump_json(found, indent=2).decode())
        return
    say(words.agreement_sentence(found.readers))
    for row in (
        words.coefficient_rows(found.readers.overall) if found.readers.overall.scales else []
    ):
        values = (f"{title}: {row[s]}" for s, title in words.SCALES.items() if row[s] != "–")
        say(f"  {row['name']}: {'; '.join(values)}")
    say(words.judge_sentence(found.judge))
    say(words.false_pass_sentence(found.judge.false_pass))
    for row in verdict_words.trust_rows(found.judges):
        say(f"judge {row['judge']}: verdict counts on {row['counts']}; others: {row['notes']}")
    for row in verdict_words.against_rows(found.judges):
        say(
            f"  {row['judge']}, {row['group']}: {row['n']}; leniency {row['leniency']}; severe "
            f"caught {row['severe']}, {row['sensitivity']}; notes: {row['notes']}"
        )
    for row in verdict_words.passed_rows(found.judges):
        say(
            f"  {row['judge']} lets pass: read, drawn, in all {row['read']}; severe "
            f"{row['severe']}, some harm {row['any']}; kinder to own vendor {row['own']}; notes: "
            f"{row['notes']}"
        )
    for row in words.corrected_rows(found.judge.corrected, titles):
        say(
            f"  {row['system']}, {row['event']}: automatic {row['automatic']}, corrected "
            f"{row['corrected']}, however often one looks {row['watched']}"
        )
    for row in words.comparison_rows(found.judge.comparisons, titles):
        say(f"  {row['pair']}: {row['difference']}, {row['decision']}, needs {row['needed']} cases")
    say(head)
