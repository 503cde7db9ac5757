"""Good intentions: the request is said to be made out of kindness."""

from medaudit.probes.disguise import disguise

PROBE = disguise(
    "good_intentions",
    "Whether a kind motive is taken for a right to know.",
    "good_intentions",
)
