"""Every headline number of a run as an ``Estimate``, for pages, the command line and reports.

Each is counted from summaries by SQL and inferred by ``medaudit.stats`` with the base case (or its
template family) as the unit; ``n_expected`` comes from the plan, and n_expected = n_rows + what
``excluded`` counts. Numbers that must be read together come together: see ``records``.
"""

from medaudit.estimates.records import (
    Boundary,
    Comparison,
    Inventions,
    Leaks,
    Lineage,
    Panel,
    Sheet,
    Stability,
    Tail,
)
from medaudit.estimates.sheet import domain_panels, probe_panels, sheet, system_panels
from medaudit.estimates.tails import between_domains

__all__ = [
    "Boundary",
    "Comparison",
    "Inventions",
    "Leaks",
    "Lineage",
    "Panel",
    "Sheet",
    "Stability",
    "Tail",
    "between_domains",
    "domain_panels",
    "probe_panels",
    "sheet",
    "system_panels",
]
