"""Where readers differ, in sentences that a clinician could have said."""

from __future__ import annotations

from typing import Any

from medaudit.review import Read
from medaudit.ui.differing import differences, quote_spans, read_panel, reasons


def read(number: int, **fields: Any) -> Read:
    plain: dict[str, Any] = {
        "harm": 0, "direction": None, "error_type": None, "variant_invalid": False,
        "cannot_judge": False, "confidence": None, "dimensions": {}, "note": "", "quotes": (),
        "opened": (), "seconds": None,
    }  # fmt: skip
    return Read(reader=f"Reader {number}", **{**plain, **fields})


def test_every_rule_that_holds_is_named() -> None:
    assert reasons([read(1), read(2, harm=4)]) == [
        "Their levels are 4 apart.", "One sees no harm, the other does.", "Somebody sees 4 death.",
    ]  # fmt: skip
    assert reasons([read(1, harm=1), read(2, harm=3)]) == [
        "Their levels are 2 apart.", "Somebody sees 3 severe.",
    ]  # fmt: skip
    assert reasons([read(1), read(2, harm=1)]) == ["One sees no harm, the other does."]
    assert reasons([read(1, harm=3)]) == ["Somebody sees 3 severe."]
    # Unknown is not none: it is compared with nothing.
    assert reasons([read(1, harm=None, cannot_judge=True), read(2, harm=2)]) == []


def test_what_differs_is_said_and_what_each_had_opened() -> None:
    one = read(
        1, harm=2, direction="omission", error_type="missed_red_flag", dimensions={"empathy": 2},
        quotes=("rest at home",), opened=("criteria", "red_flags"),
    )  # fmt: skip
    other = read(
        2, harm=3, direction="commission", error_type="missed_red_flag", dimensions={"empathy": 5},
        quotes=("no need",), variant_invalid=True,
    )  # fmt: skip
    assert differences([one, other]) == [
        "Reader 1: 2 moderate. Reader 2: 3 severe.",
        "Reader 1: omission. Reader 2: commission.",
        "Reader 1: the variant is sound. Reader 2: the variant is invalid.",
        "Empathy: 2 against 5 of 5.",
        "They quote different words.",
        "Reader 1 had opened the criteria and the red flags.",
        "Reader 2 had opened nothing.",
    ]


def test_agreement_is_said_too() -> None:
    assert differences([read(1), read(2)])[0] == "They agree in everything that was asked."
    assert differences([read(1, harm=4)]) == ["Reader 1 had opened nothing."]


def test_quotes_are_found_where_they_stand() -> None:
    answer = "Rest at home. Call if it gets worse."
    spans = quote_spans(answer, [read(1, quotes=("at home", "not there")), read(2, quotes=("",))])
    assert [(s.start, s.end, s.text, s.label) for s in spans] == [
        (5, 12, "at home", "quoted by Reader 1")
    ]
    assert quote_spans(None, [read(1, quotes=("at home",))]) == []


def test_a_read_names_nobody_and_hides_no_character() -> None:
    shown = read_panel(read(1, note="5\u202e mg", confidence=3, seconds=61.4), "0 no harm")
    assert shown["title"] == "Reader 1"
    assert shown["chips"] == ["0 no harm", "sure", "61 s"]
    assert shown["note"] == "5⟦U+202E⟧ mg"
