-- What one system answered to the cases that have an image. $run, $system.
-- Grain: variant_id, repeat, as planned; outcome is NULL where nothing came.
-- right_before: the decision is right for the case's own image; right_after: for the variant's.
-- n_options: of the case.
select
    planned.case_id,
    planned.probe,
    variant.record ->> '$.arm' as arm,
    planned.level,
    planned.usable,
    n.repeat,
    final_score.outcome,
    final_score.decision_outcome,
    final_score.decision,
    list_contains(from_json(suite_case.reference, '["VARCHAR"]'), final_score.decision)
        as right_before,
    list_contains(from_json(variant.record -> '$.expected', '["VARCHAR"]'), final_score.decision)
        as right_after,
    json_array_length(suite_case.record, '$.options')::integer as n_options
from run_row
cross join (select unnest(range(1000))::integer as repeat) as n
join estimates_variant as planned on planned.run_id = run_row.run_id
join suite_variant as variant
    on variant.suite_id = run_row.suite_id and variant.variant_id = planned.variant_id
join suite_case
    on suite_case.suite_id = run_row.suite_id and suite_case.case_id = planned.case_id
left join final_score
    on
        final_score.run_id = run_row.run_id
        and final_score.system_id = $system
        and final_score.variant_id = planned.variant_id
        and final_score.repeat = n.repeat
where
    run_row.run_id = $run
    and n.repeat < run_row.repeats
    and json_array_length(suite_case.record, '$.images') > 0
order by planned.case_id, planned.variant_id, n.repeat
