-- The rule by which an answer gets its automatic result: where it stands and what the scorers
-- found, without text. Grain: run_id, response_id, of unfinished runs. It fills live_result as
-- lines arrive, and makes results.parquet when a run is finished.
-- Of each scorer its newest version counts; where two scorers give a decision or a case score,
-- the first by name does; harm is the highest that any scorer suspects. NULL: nobody says.
-- Rules alone: what a judge says stands beside the result and never in it, forced or not.
with newest as (
    select run_id, scorer, max(version) as version
    from live_score
    group by all
),

judge as (
    select distinct run_id, scorer
    from live_score
    where split_part(dimension, '.', 1) = 'judge_integrity'
),

finding as (
    select
        run_id,
        response_id,
        arg_min_null(outcome, scorer) filter (dimension = 'decision') as decision_outcome,
        arg_min_null(label, scorer) filter (dimension = 'decision') as decision,
        arg_min_null("value", scorer) filter (dimension = 'decision') as decision_value,
        arg_min_null("value", scorer) filter (dimension = 'case_score') as case_score,
        max(harm) as harm
    from live_score
    semi join newest using (run_id, scorer, version)
    anti join judge using (run_id, scorer)
    group by all
)

select
    live_answer.run_id,
    live_answer.response_id,
    live_answer.system_id,
    live_answer.case_id,
    live_answer.variant_id,
    variant_of.domain,
    variant_of.family,
    variant_of.probe,
    variant_of.level,
    live_answer.repeat,
    live_answer.outcome,
    finding.decision_outcome,
    finding.decision,
    finding.decision_value = 1 as correct,
    finding.case_score,
    finding.harm
from live_answer
left join finding using (run_id, response_id)
left join variant_of using (run_id, variant_id)
