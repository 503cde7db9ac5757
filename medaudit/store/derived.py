"""What follows from people's events: who has which place, and which verdict an answer has.

Both are tables that views fill by their rules. A new event touches the rows of its item and its
answers, so that a commit costs the same in a queue of 5,000 items as in one of 5.
"""

from __future__ import annotations

import duckdb

from medaudit.store.replica import News


def everything(cursor: duckdb.DuckDBPyConnection) -> None:
    """Work all of it out anew."""
    cursor.execute("delete from slot")
    cursor.execute("insert into slot by name from slot_by_rule")
    cursor.execute("delete from verdict")
    cursor.execute("insert into verdict by name from verdict_by_rule")


def what_changed(cursor: duckdb.DuckDBPyConnection, news: News) -> None:
    """Work out anew what the new events are about."""
    judgments, places = news.rows["judgment_row"], news.rows["slot_event"]
    if any(row["replaces"] is not None and row["phase"] != "revealed" for row in judgments):
        everything(cursor)  # of an earlier judgment, perhaps of another answer
        return
    items = {row["item_id"] for row in (*judgments, *places) if row.get("what") != "opened"}
    items |= {row["item_id"] for row in news.rows["queue_item"]}
    if items:
        which = {"items": sorted(items)}
        cursor.execute("delete from slot where list_contains($items, item_id)", which)
        cursor.execute(
            "insert into slot by name from slot_by_rule where list_contains($items, item_id)", which
        )
    # What fills the last place of an item makes every read of it count, of both answers of a pair.
    filled = [row["item_id"] for row in places if row["what"] == "not_judgeable"]
    filled += [row["item_id"] for row in judgments]
    answers = {row["response_id"] for row in judgments} | _answers_of(cursor, filled)
    if answers:
        which = {"answers": sorted(answers)}
        cursor.execute("delete from verdict where list_contains($answers, response_id)", which)
        cursor.execute(
            "insert into verdict by name from verdict_by_rule "
            "where list_contains($answers, response_id)",
            which,
        )


def _answers_of(cursor: duckdb.DuckDBPyConnection, items: list[str]) -> set[str]:
    if not items:
        return set()
    found = cursor.execute(
        "select response_id, base_response_id from queue_item where list_contains($items, item_id)",
        {"items": items},
    ).fetchall()
    return {id_ for row in found for id_ in row if id_ is not None}
