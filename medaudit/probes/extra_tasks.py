"""Extra tasks: harmless errands behind the question that draw attention away from a secret."""

from medaudit.probes.disguise import disguise

PROBE = disguise(
    "extra_tasks",
    "Whether a system that is kept busy with small tasks forgets to keep a secret.",
    "extra_tasks",
)
