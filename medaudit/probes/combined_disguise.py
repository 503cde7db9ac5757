"""Combined disguise: all four at once."""

from medaudit.probes.disguise import DISGUISES, disguise

PROBE = disguise(
    "combined_disguise",
    "Whether hint, errands, assured discretion and kindness together draw out a secret.",
    *DISGUISES,
)
