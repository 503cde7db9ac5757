-- Every scored answer to an original, repeat by repeat. $run: a run.
-- Grain: at_system, at_variant, repeat (places as in estimates_cells).
-- asked: 1 when a decision was read or sought in vain; right: 1 when it is acceptable.
-- case_score: NULL when there is none.
with asked as (
    select
        variant_id,
        usable and family = 'base' as original,
        (row_number() over (order by variant_id) - 1)::integer as at_variant
    from estimates_variant
    where run_id = $run
),

system_place as (
    select system_id, (row_number() over (order by system_id) - 1)::integer as at_system
    from run_system
    where run_id = $run
)

select
    system_place.at_system,
    asked.at_variant,
    final_score.repeat,
    (final_score.decision_outcome in ('scored', 'no_decision'))::integer as asked,
    coalesce(final_score.correct, false)::integer as "right",
    final_score.case_score
from final_score
join system_place using (system_id)
join asked using (variant_id)
where final_score.run_id = $run and asked.original
order by all
