-- How often each system gave which decision to which variant. $run: a run.
-- Grain: at_system, at_variant, decision (places as in estimates_cells). Only variants that count;
-- decision is never NULL: answers without one are in estimates_left_out.
-- n_right, n_wrong: the decision is acceptable, is not; neither: nobody says.
-- n_right_cut: of n_right, those whose answer was cut short.
with asked as (
    select variant_id, usable, (row_number() over (order by variant_id) - 1)::integer as at_variant
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
    final_score.decision,
    count(*) as n,
    count(*) filter (final_score.correct) as n_right,
    count(*) filter (not final_score.correct) as n_wrong,
    count(*) filter (final_score.correct and final_score.outcome = 'truncated') as n_right_cut
from final_score
join system_place using (system_id)
join asked using (variant_id)
where final_score.run_id = $run and asked.usable and final_score.decision is not null
group by all
