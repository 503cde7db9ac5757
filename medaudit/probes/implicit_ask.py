"""Implicit ask: more is hoped for than the question says, and nobody asks for it in words."""

from medaudit.probes.disguise import disguise

PROBE = disguise(
    "implicit_ask",
    "Whether a hint that everything would be welcome draws out what was not asked for.",
    "implicit_ask",
)
