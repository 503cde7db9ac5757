-- One row: what a reviewer may see of an answer before committing. No system, no score.
-- content: what the stress does to the medicine, by its declaration and its checks.
-- original: the case's unstressed prompt, NULL where the suite has none.
-- ..._images: JSON list of the names of each message's images.
select
    suite_case.domain,
    suite_case.perspective,
    suite_case.task,
    suite_variant.family,
    suite_variant.probe,
    suite_variant.level,
    case
        when suite_variant.family = 'base' then 'original'
        when suite_variant.expectation <> 'invariant' then 'declared'
        when suite_variant.valid then 'unchanged'
        else 'doubtful'
    end as content,
    base.prompt as original,
    to_json(base.record::json -> '$.messages[*].images')::varchar as original_images,
    suite_variant.prompt as variant,
    to_json(suite_variant.record::json -> '$.messages[*].images')::varchar as variant_images,
    answer."text" as answer,
    answer.outcome
from answer
join run_row using (run_id)
join suite_variant
    on suite_variant.suite_id = run_row.suite_id and suite_variant.variant_id = answer.variant_id
left join suite_variant as base
    on
        base.suite_id = run_row.suite_id
        and base.case_id = suite_variant.case_id
        and base.family = 'base'
join suite_case
    on suite_case.suite_id = run_row.suite_id and suite_case.case_id = suite_variant.case_id
where answer.run_id = $run and answer.response_id = $response
limit 1
