"""Every service refuses, before it looks at anything, an actor whose role may not.

The services are found, not listed: a new function of ``medaudit.review`` that takes an actor fails
here until it stands in the table below and asks for that action first.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import medaudit.review
from medaudit.errors import NotPermitted
from medaudit.review.roles import ALLOWED, ROLES, Action, Actor, Role

NEEDS: dict[str, Action] = {
    "adjudication.adjudicate": "adjudicate",
    "adjudication.dispute_card": "see_disputes",
    "adjudication.disputes": "see_disputes",
    "adjudication.impression": "adjudicate",
    "adjudication.reads": "see_disputes",
    "begin.begin": "judge",
    "begin.begun": "see_blind",
    "blind.blind_card": "see_blind",
    "blind.open_aside": "judge",
    "closing.close_queue": "close_queue",
    "commit.commit": "judge",
    "commit.draft": "judge",
    "commit.revise": "see_revealed",
    "commit.save_draft": "judge",
    "draw.add_items": "draw_queue",
    "draw.draw_queue": "draw_queue",
    "passwords.set_password": "manage_users",
    "people.add_user": "manage_users",
    "people.change_user": "manage_users",
    "people.require_lead": "manage_users",
    "people.require_new": "manage_users",
    "progress.progress": "see_blind",
    "quality.own_quality": "see_revealed",
    "quality.quality": "see_quality",
    "queue.queue_items": "draw_queue",
    "record.export": "export_audit",
    "record.timeline": "see_record",
    "results.see_results": "see_results",
    "reveal.reveal": "see_revealed",
    "signature.record": "see_record",
    "signature.sign": "sign",
    "signature.signatures": "see_record",
    "signature.void_changed": "sign",
    "signature.withdraw": "sign",
    "slots.release": "judge",
    "slots.skip": "judge",
    "slots.take": "judge",
}
INNER = frozenset(
    {
        "blind.card_of",
        "blind.own_judgments",
        "commit.event_of",
        "commit.judged",
        "commit.opened_by",
        "reveal.require_revealed",
        "reveal.was_revealed",
        "slots.open_items",
        "slots.require_original",
        "slots.require_place",
    }
)
"""Parts of services, called by them after the check and by nobody outside ``medaudit.review``."""
ROOT = Path(medaudit.review.__file__).resolve().parents[2]


def taking_an_actor() -> dict[str, Callable[..., Any]]:
    """Every public function of the package that takes an actor, by module and name."""
    found = {}
    for module in pkgutil.iter_modules(medaudit.review.__path__):
        code = importlib.import_module(f"medaudit.review.{module.name}")
        for name, function in vars(code).items():
            if not inspect.isfunction(function) or name.startswith("_"):
                continue
            parameters = inspect.signature(function).parameters.values()
            takes = any(p.name == "actor" or "Actor" in str(p.annotation) for p in parameters)
            if takes and function.__module__ == code.__name__ and module.name != "roles":
                found[f"{module.name}.{name}"] = function
    return found


FOUND = taking_an_actor()


class Untouched:
    """An argument that must not be looked at before the permission is."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"looked at .{name} before the permission")

    def __iter__(self) -> Any:
        raise AssertionError("looked into it before the permission")

    __contains__ = __eq__ = __hash__ = __str__ = __bool__ = __len__ = __call__ = __iter__  # type: ignore[assignment]


def call(service: str, actor: Actor) -> None:
    parameters = inspect.signature(FOUND[service]).parameters
    FOUND[service](**{name: actor if name == "actor" else Untouched() for name in parameters})


def test_every_function_that_takes_an_actor_is_in_the_table() -> None:
    assert set(FOUND) == set(NEEDS) | INNER
    assert not set(NEEDS) & INNER
    exported = {getattr(medaudit.review, name) for name in medaudit.review.__all__}
    assert not {FOUND[name] for name in INNER} & exported


def test_no_page_or_command_reaches_round_a_service() -> None:
    inner = "|".join(sorted(name.partition(".")[2] for name in INNER))
    outside = [ROOT / "pages", *(ROOT / "medaudit" / p for p in ("ui", "cli", "report", "charts"))]
    for folder in outside:
        for path in folder.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            imports = re.findall(r"from medaudit\.review[\w.]* import (\([^)]*\)|.*)", text)
            assert not re.search(rf"\b({inner})\b", " ".join(imports)), path


@pytest.mark.parametrize(("service", "role"), list(itertools.product(sorted(NEEDS), ROLES)))
def test_a_service_asks_for_its_action_first(service: str, role: Role) -> None:
    if role in ALLOWED[NEEDS[service]]:
        # Whatever it says to arguments that are none, it is not the role that it minds.
        with pytest.raises(Exception) as caught:
            call(service, Actor("anna", role))
        assert not isinstance(caught.value, NotPermitted)
    else:
        with pytest.raises(NotPermitted, match=rf"^anna \({role}\) may not {NEEDS[service]};"):
            call(service, Actor("anna", role))


@pytest.mark.parametrize("service", sorted(NEEDS))
def test_a_role_that_is_none_gets_nothing(service: str) -> None:
    for role in ("", "admin", "LEAD"):
        with pytest.raises(NotPermitted):
            call(service, Actor("anna", role))  # type: ignore[arg-type]
