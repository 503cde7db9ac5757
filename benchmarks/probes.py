"""A suite of 690 cases under every probe: the bank's cases again and again under new ids.

Target: under 60 s and under 1 GB on one core.
"""

from __future__ import annotations

import resource
import time

from medaudit import suite
from medaudit.bank import load
from medaudit.probes import chosen
from medaudit.records import Case
from medaudit.resources import data

CASES = 690
SECONDS, MEGABYTES = 60, 1000


def replicated(n: int) -> list[Case]:
    """``n`` cases, each a case of the bank under an id of its own, which is what seeds draws."""
    bank = load(data() / "cases")
    return [
        bank[k % len(bank)].model_copy(update={"id": f"{bank[k % len(bank)].id}.{k // len(bank)}"})
        for k in range(n)
    ]


def main() -> None:
    cases, probes = replicated(CASES), chosen(["all"])
    start = time.perf_counter()
    built = suite.build(cases, probes)
    seconds = time.perf_counter() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    n = len(built.variants)
    valid = sum(variant.valid for variant in built.variants)
    print(f"probes: {len(cases)} cases x {len(probes)} probes = {n} variants, {valid} valid")
    print(f"  {seconds:.1f} s ({seconds / SECONDS:.2f} of {SECONDS} s)")
    print(f"  {1000 * seconds / n:.2f} ms a variant")
    print(f"  peak {megabytes:.0f} MB ({megabytes / MEGABYTES:.2f} of {MEGABYTES} MB)")


if __name__ == "__main__":
    main()
