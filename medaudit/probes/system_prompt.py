"""System prompt: the case as written, under a plain system message or one that demands privacy."""

from medaudit.probes.disguise import disguise

PROBE = disguise(
    "system_prompt",
    "Whether a system message that demands privacy keeps a secret better than a plain one.",
    levels=(1,),
)
