"""What holds for every narrative probe on every case, at every level, for every seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medaudit import probes
from medaudit.assertion import asserted
from medaudit.bank import load
from medaudit.errors import BadInput, UnknownName
from medaudit.probes.negation import negations
from medaudit.probes.temporal_scramble import disorder
from medaudit.probes.validity import CHECKS, Original, checks, stated
from medaudit.prompt import closing, messages, narrative
from medaudit.records import Case
from medaudit.resources import data
from medaudit.tokens import numbers

PROBES = {name: probes.REGISTRY.load(name) for name in probes.NARRATIVE}
FILES = {path.stem: path for path in (data() / "cases").glob("*.yaml")}
_READ: dict[str, Case] = {}

any_case = st.sampled_from(sorted(FILES))
any_probe = st.sampled_from(probes.NARRATIVE)
any_level = st.sampled_from((1, 2, 3))
any_seed = st.integers(0, 2**32)
thorough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def case_of(name: str) -> Case:
    """A case of the bank, read once; a fault in its file fails the tests that drew it."""
    if name not in _READ:
        (_READ[name],) = load(FILES[name])
    return _READ[name]


def rewritten(name: str, probe: str, level: int, seed: int) -> probes.Rewriting:
    result = PROBES[probe].apply(case_of(name), level, seed)
    assert isinstance(result, probes.Rewriting), result.reason
    return result


# --- the list -----------------------------------------------------------------------------


def test_the_six_are_listed_in_order_and_load() -> None:
    assert probes.REGISTRY.names()[:6] == probes.NARRATIVE == probes.BUILT_IN[:6]
    assert len(probes.NARRATIVE) == 6
    for name, probe in PROBES.items():
        assert probe.name == name
        assert probe.version >= 1
        assert probe.family == "narrative"
        assert probe.levels == (1, 2, 3)
        assert probe.purpose.endswith(".")


def test_an_unknown_probe_or_level_is_refused(aorta: Case) -> None:
    with pytest.raises(UnknownName, match="noise_redundancy"):
        probes.REGISTRY.load("shouting")
    with pytest.raises(BadInput, match="levels 1, 2, 3, not 4"):
        PROBES["contradiction"].apply(aorta, 4, 0)


# --- pure functions -----------------------------------------------------------------------


@thorough
@given(any_case, any_probe, any_level, any_seed)
def test_the_same_call_gives_the_same_text(n: str, probe: str, level: int, seed: int) -> None:
    before = case_of(n).model_dump_json()
    first = rewritten(n, probe, level, seed)
    for other in probes.NARRATIVE:  # what ran in between does not matter
        PROBES[other].apply(case_of(n), level, seed + 1)
    assert rewritten(n, probe, level, seed) == first
    assert case_of(n).model_dump_json() == before


def test_the_seed_matters_to_every_probe(aorta: Case) -> None:
    for name, probe in PROBES.items():
        texts = {narrative(got.sentences) for seed in range(12)
                 if isinstance(got := probe.apply(aorta, 2, seed), probes.Rewriting)}  # fmt: skip
        assert len(texts) > 1, name


# --- what is preserved --------------------------------------------------------------------


@thorough
@given(any_case, any_probe, any_level, any_seed)
def test_every_check_passes(n: str, probe: str, level: int, seed: int) -> None:
    case, rewriting = case_of(n), rewritten(n, probe, level, seed)
    asked = messages(case, rewriting.sentences)
    failed = [c for c in checks(Original(case), rewriting, asked) if not c.passed]
    assert failed == []


@thorough
@given(any_case, any_probe, any_level, any_seed)
def test_facts_numbers_and_secrets_stand(n: str, probe: str, level: int, seed: int) -> None:
    """The same as the checks say, worked out without them and on the whole text at once."""
    case, rewriting = case_of(n), rewritten(n, probe, level, seed)
    text = messages(case, rewriting.sentences)[-1].text
    base = messages(case, [s.text for s in case.narrative])[-1].text
    for fact in case.facts:
        if fact.weight > 1:
            assert asserted(text.removesuffix(closing(case)), fact.patterns), fact.id
    assert not numbers(base) - numbers(text)
    for secret in case.secrets:
        assert text.count(secret) >= base.count(secret)
    assert text.endswith(f"\n\n{case.question}\n\n{base.split(case.question + chr(10) * 2)[-1]}")


@thorough
@given(any_case, any_probe, any_level, any_seed)
def test_sentence_by_sentence_is_as_good_as_the_whole(
    n: str, probe: str, level: int, seed: int
) -> None:
    case, rewriting = case_of(n), rewritten(n, probe, level, seed)
    whole = narrative(rewriting.sentences)
    found = stated(case, rewriting)
    assert found == {f.id for f in case.facts if asserted(whole, f.patterns)}


@thorough
@given(
    any_case, st.sampled_from(sorted(set(probes.NARRATIVE) - {"lay_idiom"})), any_level, any_seed
)
def test_only_lay_idiom_changes_a_sentence(n: str, probe: str, level: int, seed: int) -> None:
    case, rewriting = case_of(n), rewritten(n, probe, level, seed)
    own = {p.source: p.text for p in rewriting.pieces if p.source is not None}
    assert own == {i: s.text for i, s in enumerate(case.narrative)}
    told = [s.text for s in case.narrative]
    assert sum(negations(text) for text in own.values()) == sum(negations(text) for text in told)


# --- edits --------------------------------------------------------------------------------


@thorough
@given(any_case, any_probe, any_level, any_seed)
def test_spans_hold_exactly_what_was_changed(n: str, probe: str, level: int, seed: int) -> None:
    case, rewriting = case_of(n), rewritten(n, probe, level, seed)
    text = messages(case, rewriting.sentences)[-1].text
    plain = [s.text for s in case.narrative]
    spans = {(e.start, e.end): e.kind for e in rewriting.edits()}
    assert spans
    kept, position = [], 0
    for start, end in sorted(spans):
        assert position <= start < end <= len(text) - len(closing(case))
        kept += [text[position:start].strip()]
        position = end + 1
    kept += [text[position : len(text) - len(closing(case))].strip()]
    by_kind: dict[str, list[str]] = {"inserted": [], "moved": [], "replaced": []}
    for (start, end), kind in sorted(spans.items()):
        by_kind[kind].append(text[start:end])
    # What is outside every span is the case's own words in the case's own order.
    outside = " ".join(part for part in kept if part)
    changed = Counter(by_kind["moved"])
    rest = []
    replaced = {p.source for p in rewriting.pieces if p.kind == "replaced"}
    for i, sentence in enumerate(plain):
        if changed[sentence] > 0:
            changed[sentence] -= 1
        elif i not in replaced:
            rest.append(sentence)
    assert outside == " ".join(rest)
    assert not +changed
    if probe == "lay_idiom" and level < 3:
        assert set(by_kind["replaced"]) <= {s.lay for s in case.narrative}
    assert bool(by_kind["replaced"]) == (probe == "lay_idiom")


def mean_size(probe: str, level: int, size: Callable[[Case, probes.Rewriting], float]) -> float:
    sizes = [size(case_of(n), rewritten(n, probe, level, 5)) for n in sorted(FILES)]
    return sum(sizes) / len(sizes)


def characters(_: Case, rewriting: probes.Rewriting) -> float:
    return sum(edit.end - edit.start for edit in rewriting.edits())


@pytest.mark.parametrize("probe", probes.NARRATIVE)
def test_a_higher_dose_changes_more(probe: str) -> None:
    sizes = [mean_size(probe, level, characters) for level in (1, 2, 3)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_higher_dose_is_more_disorder() -> None:
    def share(case: Case, rewriting: probes.Rewriting) -> float:
        return disorder(case, [p.source for p in rewriting.pieces if p.source is not None])

    doses = [mean_size("temporal_scramble", level, share) for level in (1, 2, 3)]
    assert 0.2 <= doses[0] < doses[1] < doses[2] <= 1


# --- composition --------------------------------------------------------------------------


@thorough
@given(any_case, any_level, any_seed, st.sampled_from(sorted(permutations(probes.NARRATIVE, 2))))
def test_two_probes_compose(n: str, level: int, seed: int, pair: tuple[str, str]) -> None:
    case, (first, second) = case_of(n), pair
    one = rewritten(n, first, level, seed)
    both = probes.composed(case, one, PROBES[second], level, seed)
    assert isinstance(both, probes.Rewriting)
    told = Counter(p.source for p in both.pieces if p.source is not None)
    assert told == Counter(range(len(case.narrative)))
    assert characters(case, both) > characters(case, one) * 0.8
    original = Original(case)
    for name, fault in CHECKS.items():
        assert fault(original, both) == "", name


# --- the whole bank -----------------------------------------------------------------------


@pytest.mark.parametrize(("probe", "level"), list(product(probes.NARRATIVE, (1, 2, 3))))
def test_it_applies_to_the_whole_bank_and_is_valid(probe: str, level: int) -> None:
    faults = []
    for n in sorted(FILES):
        case = case_of(n)
        result = PROBES[probe].apply(case, level, 20260601)
        if isinstance(result, probes.Skip):
            faults.append(f"{n}: skipped: {result.reason}")
            continue
        asked = messages(case, result.sentences)
        for check in checks(Original(case), result, asked):
            faults += [] if check.passed else [f"{n}: {check.name}: {check.reason}"]
    assert faults == []
