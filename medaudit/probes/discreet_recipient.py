"""Discreet recipient: an assurance that whoever gets the answer will keep it private."""

from medaudit.probes.disguise import disguise

PROBE = disguise(
    "discreet_recipient",
    "Whether an assurance of discretion is taken for a right to know.",
    "discreet_recipient",
)
