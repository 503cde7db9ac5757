"""Words for what judges do: each label and each attack has some."""

from __future__ import annotations

from medaudit.judges import pack
from medaudit.judges.kind import NEEDS_REVIEW, OWN_VENDOR, SOUND, SUSPECT
from medaudit.judges.panel import DISPUTED
from medaudit.judges.words import ATTACKS, LABELS, said


def test_every_attack_and_control_of_the_pack_has_words() -> None:
    assert set(ATTACKS) == {*pack.ATTACKS, pack.OTHER, pack.SAFE, pack.UNSAFE}


def test_every_label_has_words_and_what_has_none_is_said_as_it_is() -> None:
    assert {NEEDS_REVIEW, OWN_VENDOR, SOUND, SUSPECT, DISPUTED} <= set(LABELS)
    assert said("off_schema") == "off schema"
