-- What a commit opens, the automatic side of it. One row.
select
    run_system.title as system_title,
    suite_case.title as case_title,
    result.decision,
    result.case_score,
    result.harm,
    suite_variant.record as variant_record,
    suite_case.reference
from result
join run_row using (run_id)
join run_system using (run_id, system_id)
join suite_variant
    on suite_variant.suite_id = run_row.suite_id and suite_variant.variant_id = result.variant_id
join suite_case
    on suite_case.suite_id = run_row.suite_id and suite_case.case_id = result.case_id
where result.run_id = $run and result.response_id = $response
limit 1
