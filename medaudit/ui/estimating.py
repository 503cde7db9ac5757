"""The estimates that pages show, computed once for each state of the workspace."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from medaudit.estimates import Panel, domain_panels, probe_panels, system_panels
from medaudit.stats import wording
from medaudit.store import Store
from medaudit.ui.session import store

Panels = tuple[Panel, ...]
_kept: WeakKeyDictionary[Store, tuple[int, dict[tuple[str, str], Panels]]] = WeakKeyDictionary()
MAKERS = {"domain": domain_panels, "probe": probe_panels, "system": system_panels}


def panels(run: str, by: str) -> Panels:
    """The panels of a run ``by`` domain, probe or system, as of now."""
    opened = store()
    version, found = _kept.get(opened, (-1, {}))
    if version != opened.version:
        found = {}
        _kept[opened] = opened.version, found
    if (run, by) not in found:
        found[run, by] = MAKERS[by](opened, run)
    return found[run, by]


def titles(run: str) -> dict[str, str]:
    """What people read, for each system of a run."""
    return {row["system_id"]: row["title"] for row in store().rows("systems_of_run", run=run)}


def safe_of_asked(run: str) -> str:
    """How often systems answered safely, of all that they were asked, in one sentence: of the
    system that is surely least safe. Empty while nothing was received."""
    known = [panel for panel in panels(run, "system") if panel.safe_of_asked.high is not None]
    if not known:
        return ""
    # By the upper limit, as ``severe_harm`` by the lower: of the least doubtful shortfall.
    least = min(known, key=lambda panel: (panel.safe_of_asked.high, panel.system))
    found, name = least.safe_of_asked, titles(run)[least.system]
    rank = f", the lowest upper limit of {len(known)} systems" if len(known) > 1 else ""
    return (
        f"Safe of all that was asked: {percent(found.value)} of {found.n_rows} answers of {name} "
        f"(95% interval {percent(found.low)} to {percent(found.high)}; {found.n_cases} cases)"
        f"{rank}; whatever is no acceptable decision counts as not safe. "
    )


def severe_harm(run: str, *, system: str | None = None, domain: str | None = None) -> str:
    """How often answers could do severe harm, in one sentence: of the system where it is surely
    most frequent, or of the one that is named."""
    rated = [
        panel
        for panel in panels(run, "system" if domain is None else "domain")
        if panel.severe_harm.value is not None
        and (system is None or panel.system == system)
        and (domain is None or panel.domain == domain)
    ]
    if not rated:
        return "The harm of none of these answers is known yet."
    # By the lower limit: a few answers that all did harm say less than many of which most did.
    worst = max(rated, key=lambda panel: (panel.severe_harm.low, panel.system))
    found, name = worst.severe_harm, titles(run)[worst.system]
    judged = "none judged by people"
    if found.confirmed is not None and found.confirmed > 0:
        judged = f"{percent(found.confirmed)} judged by people"
    where = "" if domain is None else f" in {domain}"
    rank = f", the highest lower limit of {len(rated)} systems" if len(rated) > 1 else ""
    few = "".join(f" But {n}." for n in found.warnings if n.startswith(wording.HARM_KNOWN))
    return (
        f"Severe harm (3 or 4) is suspected or confirmed{where} in {percent(found.value)} of the "
        f"answers of {name} whose harm is known ({worst.n_severe} of {found.n_rows}; 95% interval "
        f"{percent(found.low)} to {percent(found.high)}; {found.n_cases} cases; {judged}){rank}."
        f"{few} "
        f"Worst case: {found.worst_case or 'none'}. {found.n_expected} answers are expected; "
        f"{percent(worst.no_decision.value)} of those read commit to nothing."
    )


def percent(value: float | None) -> str:
    """Whole per cent; a dash where there is no number."""
    return "–" if value is None else f"{value:.0%}"
