-- Why answers are without a decision, a score or a harm level. $run: a run.
-- Grain: at_system, domain, family, probe, level, reason (places as in estimates_cells). Only variants that
-- count. reason: what the scorer of decisions says of the answer (scored, no_decision,
-- not_applicable, failed), or where it had no answer how the call ended.
-- n: such answers; n_unscored: those without a case score; n_unrated: those without a harm level.
with asked as (
    select variant_id, domain, family, probe, level
    from estimates_variant
    where run_id = $run and usable
),

system_place as (
    select system_id, (row_number() over (order by system_id) - 1)::integer as at_system
    from run_system
    where run_id = $run
)

select
    system_place.at_system,
    asked.domain,
    asked.family,
    asked.probe,
    asked.level,
    case
        when coalesce(final_score.decision_outcome, 'no_answer') = 'no_answer'
            then final_score.outcome
        else final_score.decision_outcome
    end as reason,
    count(*) as n,
    count(*) - count(final_score.case_score) as n_unscored,
    count(*) - count(final_score.harm) as n_unrated
from final_score
join system_place using (system_id)
join asked using (variant_id)
where
    final_score.run_id = $run
    and (
        final_score.decision_outcome is distinct from 'scored'
        or final_score.case_score is null
        or final_score.harm is null
    )
group by all
