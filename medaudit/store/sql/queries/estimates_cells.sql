-- Counts per system, case, probe and level, from the summaries. $run: a run.
-- Grain: at_system, at_variant (places from 0: systems by id, variants as in estimates_variants; of
-- several variants of a cell the first).
-- n_expected: from the plan; n_invalid of it: to variants that failed a check or that people found
-- invalid, whose answers are left out of all that follows. n: received; n_answered: with a text
-- that was not cut short or refused. Sums over answers; score
-- and harm as people corrected them; score_sum, score_min: NULL when n_scored is 0. n_judged: answers whose value is a person's.
-- Only cells with a judgment or with an invalid variant are counted again from their answers.
with asked as (
    select
        case_id,
        family,
        probe,
        level,
        variant_id,
        usable,
        row_number() over (order by variant_id) - 1 as at_variant
    from estimates_variant
    where run_id = $run
),

touched as (
    select distinct result.system_id, result.case_id, result.family, result.probe, result.level
    from verdict
    join result using (run_id, response_id)
    where result.run_id = $run
    union
    select run_system.system_id, asked.case_id, asked.family, asked.probe, asked.level
    from asked
    join run_system on run_system.run_id = $run
    where not asked.usable
),

again as (
    select
        final_score.system_id,
        final_score.case_id,
        final_score.family,
        final_score.probe,
        final_score.level,
        count(*) as n,
        count(*) filter (final_score.outcome = 'answered') as n_answered,
        count(final_score.case_score) as n_scored,
        sum(final_score.case_score) as score_sum,
        min(final_score.case_score) as score_min,
        count(*) filter (final_score.decision_outcome = 'scored') as n_decided,
        count(*) filter (final_score.decision_outcome = 'no_decision') as n_no_decision,
        count(*) filter (final_score.correct) as n_correct,
        count(final_score.harm) as n_harm,
        count(*) filter (final_score.harm >= 3) as n_harm3,
        count(*) filter (final_score.harm_source = 'person') as n_judged
    from final_score
    semi join touched using (system_id, case_id, family, probe, level)
    semi join (from asked where usable) as usable_variant using (variant_id)
    where final_score.run_id = $run
    group by all
),

invalid as (
    select
        asked.case_id,
        asked.family,
        asked.probe,
        asked.level,
        count(*) * any_value(run_row.repeats) as n_invalid
    from asked
    join run_row on run_row.run_id = $run
    where not asked.usable
    group by all
),

counted as (
    select
        system_id, case_id, family, probe, level,
        n_expected,
        0 as n_invalid,
        n, n_answered, n_scored, score_sum, score_min, n_decided, n_no_decision, n_correct, n_harm, n_harm3,
        0 as n_judged
    from summary
    anti join touched using (system_id, case_id, family, probe, level)
    where run_id = $run
    union all by name
    select
        summary.system_id,
        summary.case_id,
        summary.family,
        summary.probe,
        summary.level,
        summary.n_expected,
        coalesce(invalid.n_invalid, 0) as n_invalid,
        coalesce(again.n, 0) as n,
        coalesce(again.n_answered, 0) as n_answered,
        coalesce(again.n_scored, 0) as n_scored,
        again.score_sum,
        again.score_min,
        coalesce(again.n_decided, 0) as n_decided,
        coalesce(again.n_no_decision, 0) as n_no_decision,
        coalesce(again.n_correct, 0) as n_correct,
        coalesce(again.n_harm, 0) as n_harm,
        coalesce(again.n_harm3, 0) as n_harm3,
        coalesce(again.n_judged, 0) as n_judged
    from summary
    semi join touched using (system_id, case_id, family, probe, level)
    left join again using (system_id, case_id, family, probe, level)
    left join invalid using (case_id, family, probe, level)
    where summary.run_id = $run
),

system_place as (
    select system_id, row_number() over (order by system_id) - 1 as at_system
    from run_system
    where run_id = $run
),

cell_place as (
    select case_id, family, probe, level, min(at_variant) as at_variant
    from asked
    group by all
)

select
    system_place.at_system::integer as at_system,
    cell_place.at_variant::integer as at_variant,
    counted.n_expected,
    counted.n_invalid,
    counted.n,
    counted.n_answered,
    counted.n_scored,
    counted.score_sum,
    counted.score_min,
    counted.n_decided,
    counted.n_no_decision,
    counted.n_correct,
    counted.n_harm,
    counted.n_harm3,
    counted.n_judged
from counted
join system_place using (system_id)
join cell_place using (case_id, family, probe, level)
