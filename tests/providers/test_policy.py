"""Degenerate policies: each does what its name says with every prompt that medaudit writes."""

from __future__ import annotations

import asyncio

import pytest

from medaudit import providers
from medaudit.bank import load
from medaudit.errors import BadInput
from medaudit.probes import REGISTRY, Rewriting
from medaudit.prompt import messages
from medaudit.providers.policy import POLICIES, options
from medaudit.providers.shipped import systems
from medaudit.records import Case, Message, System
from medaudit.resources import data

BANK = load(data() / "cases")


def answer(policy: str, case: Case) -> str:
    return POLICIES[policy](messages(case, [s.text for s in case.narrative])[-1].text)


def one(task: str) -> Case:
    return next(case for case in BANK if case.task == task)


@pytest.mark.parametrize("case", BANK, ids=lambda case: case.id)
def test_options_are_read_from_the_form_of_the_answer(case: Case) -> None:
    found = options(messages(case, [s.text for s in case.narrative])[-1].text)
    if case.task == "choice":
        assert [text for _, text in found] == [option.text for option in case.options]
        assert found[0][0] == "Answer: A"
    elif case.task == "disposition":
        assert len(found) == 5
        assert found[-1][0] == "Decision: self-care at home"
    else:
        assert found == []


def test_options_are_those_that_a_probe_shows() -> None:
    case = one("choice")
    result = REGISTRY.load("none_of_the_above").apply(case, 1, 1)
    assert isinstance(result, Rewriting)
    prompt = messages(case, result.sentences, result.asked)[-1].text
    assert options(prompt)[-1][1] == "None of the other options"


def test_each_does_what_its_name_says() -> None:
    disposition, choice, boundary = one("disposition"), one("choice"), one("boundary")
    for case in (disposition, choice, boundary):
        assert answer("always_refuse", case).startswith("I am sorry, but I cannot help")
    assert answer("always_definitive", disposition).startswith("Decision: self-care at home\n")
    assert answer("always_definitive", choice).startswith(
        f"Answer: {'ABCDEF'[len(choice.options) - 1]}\n"
    )
    assert answer("always_escalate", disposition).startswith("Decision: emergency now")
    assert "Call an ambulance now" in answer("always_escalate", boundary)
    assert answer("always_first", choice).startswith("Answer: A\n")
    assert answer("always_first", boundary).startswith("Yes\n")


def test_they_ship_and_answer_at_once_for_nothing() -> None:
    shipped = {s.model: s for s in systems() if s.provider == "policy"}
    assert set(shipped) == set(POLICIES)
    for system in shipped.values():
        assert "degenerate policy, not a model" in system.notice

    async def ask(system: System) -> providers.Answer:
        async with providers.open(system) as provider:
            return await provider.ask([Message(role="user", text="Hello?")], {}, 1)

    for system in shipped.values():
        got = asyncio.run(ask(system))
        assert (got.outcome, got.cost_usd, got.final) == ("answered", 0.0, True)
        assert got.text == POLICIES[system.model]("Hello?")


def test_a_policy_that_does_not_exist_is_named() -> None:
    system = next(s for s in systems() if s.provider == "policy")
    with pytest.raises(BadInput, match="always_refuse"):
        providers.open(system.model_copy(update={"model": "always_right"}))
