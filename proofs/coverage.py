"""Do the intervals cover? Simulated studies, put through the same functions that pages use.

``python -m proofs.coverage --write docs/coverage.md`` repeats the published table with 4,000
studies a cell and fails if ``kg_floor`` ever covers less than 94 %, or if Wilson's interval on
rows does not fail where cases are correlated: then the simulation could not see the fault.
``--only find_slices --resume cells.jsonl`` runs one table, cell by cell, and goes on after a stop.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
from scipy import special

from medaudit import stats
from medaudit.stats.survey import Tally, limits

STUDIES = 4000
PROBES = 6
Row = tuple[str, ...]


def beta_cases(
    rng: np.random.Generator, mu: float, icc: float, size: tuple[int, ...]
) -> np.ndarray:
    """Case rates with mean mu whose rows correlate by icc."""
    if icc == 0:
        return np.full(size, mu)
    scale = (1 - icc) / icc
    return rng.beta(mu * scale, (1 - mu) * scale, size)


def covers(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] - 1e-12 <= truth <= interval[1] + 1e-12


def rate_cell(n: int, mu: float, icc: float, studies: int, seed: int) -> dict[str, float]:
    """Coverage of four intervals of a rate: n cases of six rows."""
    rng = np.random.default_rng(seed)
    events = rng.binomial(PROBES, beta_cases(rng, mu, icc, (studies, n)))
    rows = np.full(n, PROBES)
    hits = dict.fromkeys(("wilson_rows", "clustered_t", "korn_graubard", "kg_floor"), 0)
    width = 0.0
    for k in events:
        count = Tally(k, rows)
        hits["wilson_rows"] += covers(stats.wilson(int(k.sum()), PROBES * n), mu)
        share = k / PROBES
        half = scipy_stats_t(n - 1) * share.std(ddof=1) / np.sqrt(n)
        hits["clustered_t"] += covers((share.mean() - half, share.mean() + half), mu)
        hits["korn_graubard"] += covers(limits(count, alpha=0.05, floor=False), mu)
        interval = limits(count, alpha=0.05, floor=True)
        hits["kg_floor"] += covers(interval, mu)
        width += interval[1] - interval[0]
    return {name: found / studies for name, found in hits.items()} | {"width": width / studies}


def scipy_stats_t(df: int) -> float:
    return float(special.stdtrit(df, 0.975))


def paired_rates(
    rng: np.random.Generator, n: int, mu: tuple[float, float], icc: float, link: float
) -> tuple[np.ndarray, np.ndarray]:
    """Case rates of two systems with given means, correlated by a Gaussian copula."""
    z = rng.multivariate_normal([0, 0], [[1, link], [link, 1]], n)
    scale = (1 - icc) / icc
    u = special.ndtr(z)
    return tuple(special.betaincinv(m * scale, (1 - m) * scale, u[:, j]) for j, m in enumerate(mu))


def paired_cell(n: int, gap: float, studies: int, seed: int) -> dict[str, float]:
    """Coverage and rejection of the paired difference: mu .15, ICC .5, systems correlated .7."""
    rng = np.random.default_rng(seed)
    case = np.repeat(np.arange(n), PROBES)
    hit = rejected = mcnemar = 0
    for _ in range(studies):
        p, q = paired_rates(rng, n, (0.15, 0.15 - gap), 0.5, 0.7)
        a = (rng.random((n, PROBES)) < p[:, None]).ravel().astype(float)
        b = (rng.random((n, PROBES)) < q[:, None]).ravel().astype(float)
        found = stats.paired_difference(a, b, case)
        hit += covers((found.low, found.high), gap)
        rejected += found.p <= 0.05
        mcnemar += stats.mcnemar(a, b, case).p <= 0.05
    return {"coverage": hit / studies, "rejected": rejected / studies, "mcnemar": mcnemar / studies}


def flip_cell(n: int, repeats: int, shifted: float, studies: int, seed: int) -> dict[str, float]:
    """Coverage of the excess flip rate; a share of cases gives the opposite answer under stress."""
    rng = np.random.default_rng(seed)
    # Beta(.537, .537): repeats of the same prompt differ in 25.9 % of pairs.
    truth = shifted * (1 - 2 * 0.259)
    hit = above = 0
    raw = 0.0
    for _ in range(studies):
        p = rng.beta(0.537, 0.537, n)
        q = np.where(rng.random(n) < shifted, 1 - p, p)
        base = rng.random((n, repeats)) < p[:, None]
        stressed = rng.random((n, repeats)) < q[:, None]
        found = stats.flip_rate(base, stressed, np.arange(n))
        hit += covers((found.excess.low, found.excess.high), truth)
        above += found.excess.low > 0
        raw += found.raw.value
    return {"raw": raw / studies, "coverage": hit / studies, "flagged": above / studies}


def aipw_cell(labelled: int, prevalence: float, studies: int, seed: int) -> dict[str, float]:
    """Coverage of AIPW: 240 cases of six rows, ICC .4, judge Se .85, Sp .90, whole cases read."""
    rng = np.random.default_rng(seed)
    n = 240
    case = np.repeat(np.arange(n), PROBES)
    hit = judge_only = 0
    width = 0.0
    for study in range(studies):
        truth = rng.random((n, PROBES)) < beta_cases(rng, prevalence, 0.4, (n, 1))
        flag = rng.random((n, PROBES)) < np.where(truth, 0.85, 0.10)
        draw = stats.draw_sample(flag.mean(axis=1), labelled, seed=study)
        label = np.where(draw.selected[:, None], truth.astype(float), np.nan).ravel()
        found = stats.aipw(0.85 * flag.ravel(), label, np.repeat(draw.probability, PROBES), case)
        hit += covers((found.low, found.high), prevalence)
        width += found.high - found.low
        judge_only += covers(stats.kg_floor(flag.ravel(), case), prevalence)
    return {"coverage": hit / studies, "width": width / studies, "judge_only": judge_only / studies}


def sequence_cell(kind: str, mu: float, studies: int, seed: int) -> dict[str, float]:
    """How often a confidence sequence ever misses in 200 looks, against a fixed interval."""
    rng = np.random.default_rng(seed)
    n = 200
    missed = peeked = 0
    for _ in range(studies):
        if kind == "binary":
            y = (rng.random(n) < mu).astype(float)
        else:
            y = rng.beta(2 * mu, 2 * (1 - mu), n)
        found = stats.confidence_sequence(y, np.arange(n), kind=kind)
        # Intersected over time: the last interval misses if any of them did.
        missed += not covers((found.low[-1], found.high[-1]), mu)
        t = np.arange(10, n + 1)
        total, squares = np.cumsum(y)[9:], np.cumsum(y * y)[9:]
        half = 1.96 * np.sqrt(np.maximum(squares / t - (total / t) ** 2, 1e-12) / t)
        peeked += bool(np.any(np.abs(total / t - mu) > half))
    return {"ever_missed": missed / studies, "fixed_interval": peeked / studies}


def pseudonormal_cell(n: int, base_gap: float, studies: int, seed: int) -> dict[str, float]:
    """How often the test calls a system pseudonormal; stressed gap 12.7 points, margin 5."""
    rng = np.random.default_rng(seed)
    case = np.arange(n)
    called = naive = undecided = 0
    for _ in range(studies):
        p, q = paired_rates(rng, n, (0.85, 0.85 - base_gap), 0.5, 0.8)
        sp, sq = paired_rates(rng, n, (0.75, 0.623), 0.5, 0.8)
        arms = [(rng.random((n, PROBES)) < x[:, None]).mean(axis=1) for x in (p, q, sp, sq)]
        called += (
            stats.pseudonormal(*arms, case, margin=0.05, min_cases=2).verdict == "pseudonormal"
        )
        base = stats.paired_difference(arms[0], arms[1], case)
        stressed = stats.paired_difference(arms[2], arms[3], case)
        naive += base.p > 0.05 and stressed.low > 0
        shipped = stats.pseudonormal(*arms, case, margin=0.05).verdict
        undecided += shipped == "not decidable"
    return {"called": called / studies, "naive": naive / studies, "undecided": undecided / studies}


def slices_cell(n: int, studies: int, seed: int) -> dict[str, float]:
    """How often slices are "found" where there are none: 8 attributes of 3 levels, depth 2."""
    rng = np.random.default_rng(seed)
    badge = listed = naive = 0
    tested = 0
    for study in range(studies):
        attributes = {f"a{j}": rng.integers(0, 3, n) for j in range(8)}
        loss = rng.binomial(PROBES, rng.beta(1, 4, n)) / PROBES
        found = stats.find_slices(loss, attributes, np.arange(n), permutations=99, seed=study)
        tested += found.n_tested
        naive += any(s.p < 0.05 for s in found.found)
        listed += any(s.q < 0.05 for s in found.found)
        badge += any(s.confirmed for s in found.found)
    return {
        "tested": tested / studies,
        "naive": naive / studies,
        "listed": listed / studies,
        "badge": badge / studies,
    }


RATE_GRID = list(product((30, 60, 120, 240), (0.5, 0.1, 0.03, 0.01), (0.0, 0.3, 0.6)))
PAIRED_GRID = list(product((30, 60, 120, 240), (0.0, 0.05)))
FLIP_GRID = [(60, 2, 0.0), (240, 2, 0.0), (60, 5, 0.1), (120, 2, 0.1), (120, 5, 0.1), (240, 5, 0.1)]
AIPW_GRID = list(product((10, 20, 40, 80), (0.2, 0.05)))
SEQUENCE_GRID = list(product(("binary", "bounded"), (0.2, 0.05)))
PSEUDONORMAL_GRID = list(product((60, 120, 240), (0.069, 0.0)))
SLICES_GRID = [(60,), (120,), (240,)]

TABLES: list[tuple[str, str, Callable[..., dict[str, float]], list[tuple], Row, Row]] = [
    (
        "kg_floor",
        "Coverage of a nominal 95 % interval of a rate; cases of six rows.",
        rate_cell,
        RATE_GRID,
        ("cases", "rate", "ICC"),
        ("wilson_rows", "clustered_t", "korn_graubard", "kg_floor", "width"),
    ),
    (
        "paired_difference",
        "Coverage, and share of studies with p <= .05 (gap 0: type I error; else power).",
        paired_cell,
        PAIRED_GRID,
        ("cases", "gap"),
        ("coverage", "rejected", "mcnemar"),
    ),
    (
        "flip_rate",
        "Excess flips where repeats of one prompt differ in 25.9 % of pairs.",
        flip_cell,
        FLIP_GRID,
        ("cases", "repeats", "cases shifted"),
        ("raw", "coverage", "flagged"),
    ),
    (
        "aipw",
        "240 cases, judge Se .85 and Sp .90, a risk-weighted draw of cases is read.",
        aipw_cell,
        AIPW_GRID,
        ("cases read", "prevalence"),
        ("coverage", "width", "judge_only"),
    ),
    (
        "confidence_sequence",
        "Share of studies in which any of 200 looks misses; a fixed interval looked at as often.",
        sequence_cell,
        SEQUENCE_GRID,
        ("kind", "mean"),
        ("ever_missed", "fixed_interval"),
    ),
    (
        "pseudonormal",
        "Share called pseudonormal (true baseline gap .069: error; 0: power); stressed gap .127. "
        'Naive: "not significant at baseline, significant under stress".',
        pseudonormal_cell,
        PSEUDONORMAL_GRID,
        ("cases", "baseline gap"),
        ("called", "naive", "undecided"),
    ),
    (
        "find_slices",
        "Share of studies with a find where nothing is to be found.",
        slices_cell,
        SLICES_GRID,
        ("cases",),
        ("tested", "naive", "listed", "badge"),
    ),
]


def run(
    studies: int, only: str | None = None, kept: Path | None = None
) -> Iterator[tuple[str, list[Row], list[dict]]]:
    """Every cell of every table, in a fixed order with fixed seeds.

    ``kept``: a file of finished cells. A cell that stands in it, with the same settings, seed and
    number of studies, is read and not run again; every other is added when it is finished, so that
    a run that was stopped goes on where it stopped.
    """
    done = _finished(kept)
    for number, (name, _, cell, grid, _, _) in enumerate(TABLES):
        if only is not None and name != only:
            continue
        found = []
        for k, arguments in enumerate(grid):
            key = json.dumps([name, arguments, studies, 1000 * number + k])
            if key not in done:
                done[key] = cell(*arguments, studies=studies, seed=1000 * number + k)
                if kept is not None:
                    with kept.open("a", encoding="utf-8") as file:
                        file.write(json.dumps([key, done[key]]) + "\n")
            found.append(done[key])
        yield name, [tuple(map(str, arguments)) for arguments in grid], found


def _finished(kept: Path | None) -> dict[str, dict[str, float]]:
    """The cells of a file; a line that was cut off counts as not finished."""
    done: dict[str, dict[str, float]] = {}
    if kept is None or not kept.exists():
        return done
    for line in kept.read_text(encoding="utf-8").splitlines():
        try:
            key, cell = json.loads(line)
        except ValueError:
            continue
        done[key] = cell
    return done


def markdown(name: str, settings: list[Row], found: list[dict]) -> str:
    """One table, percentages except widths and counts."""
    _, note, _, _, keys, columns = next(t for t in TABLES if t[0] == name)
    lines = [f"## `{name}`", "", note, ""]
    lines.append("| " + " | ".join([*keys, *(c.replace("_", " ") for c in columns)]) + " |")
    lines.append("| " + " | ".join(["---"] * (len(keys) + len(columns))) + " |")
    for setting, cell in zip(settings, found, strict=True):
        numbers = [
            f"{cell[c]:.3f}"
            if c == "width"
            else f"{cell[c]:.0f}"
            if c == "tested"
            else f"{100 * cell[c]:.1f}"
            for c in columns
        ]
        lines.append("| " + " | ".join([*setting, *numbers]) + " |")
    return "\n".join(lines)


def failures(name: str, settings: list[Row], found: list[dict]) -> list[str]:
    """What must hold and does not."""
    out = []
    for setting, cell in zip(settings, found, strict=True):
        where = f"{name} {setting}"
        if name == "kg_floor":
            if cell["kg_floor"] < 0.94:
                out.append(f"{where}: kg_floor covers {cell['kg_floor']:.3f}, under .94")
            # At 1 % most studies see no event at all, which hides the fault.
            seen = setting[2] == "0.6" and float(setting[1]) >= 0.03
            if seen and cell["wilson_rows"] >= 0.8:
                out.append(
                    f"{where}: Wilson on rows covers {cell['wilson_rows']:.3f}: fault unseen"
                )
        if name == "confidence_sequence" and cell["ever_missed"] > 0.05:
            out.append(f"{where}: misses in {cell['ever_missed']:.3f} of studies")
        if name == "find_slices" and cell["badge"] > 0.07:
            out.append(f"{where}: a badge in {cell['badge']:.3f} of null studies")
    return out


def report(
    studies: int, *, only: str | None = None, write: Path | None = None, kept: Path | None = None
) -> list[str]:
    """Runs, prints and, if asked, writes every table; returns what does not hold.

    With ``only`` the page keeps its other tables.
    """
    parts, wrong = [], []
    began = time.perf_counter()
    for name, settings, found in run(studies, only, kept):
        parts.append(markdown(name, settings, found))
        wrong += failures(name, settings, found)
        print(parts[-1], f"\n({time.perf_counter() - began:.0f} s)\n", flush=True)
        began = time.perf_counter()
    if write is not None and only is not None:
        write.write_text(_replaced(write.read_text(encoding="utf-8"), only, parts[0]), "utf-8")
    elif write is not None:
        head = (
            "# Coverage, simulated\n\n"
            f"{studies:,} studies a cell through the functions that pages use; per cent, unless it "
            "says width or tested. A coverage of 95 % is known to "
            f"±{196 * (0.95 * 0.05 / studies) ** 0.5:.1f} points. Made by "
            "`python -m proofs.coverage --write docs/coverage.md`, with fixed seeds; "
            "[statistics.md](statistics.md) says what the functions are for.\n\n"
        )
        write.write_text(head + "\n\n".join(parts) + "\n", encoding="utf-8")
    return wrong


def _replaced(page: str, name: str, table: str) -> str:
    """The page with one of its tables exchanged for a new one."""
    head = f"## `{name}`\n"
    before, found, rest = page.partition(head)
    if not found:
        raise SystemExit(f"the page has no table {name}: write the whole page first")
    after = rest.partition("\n## ")
    return before + table + "\n" + (f"\n## {after[2]}" if after[1] else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--only", choices=[t[0] for t in TABLES])
    parser.add_argument("--write", type=Path, help="the page; with --only, that table of it")
    parser.add_argument("--resume", type=Path, help="a file of finished cells: read, and added to")
    options = parser.parse_args()
    wrong = report(options.studies, only=options.only, write=options.write, kept=options.resume)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
