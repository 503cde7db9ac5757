-- What each run asks, as estimates count it. Grain: run_id, variant_id.
-- usable: every automatic check passed and people have not found the variant invalid.
-- stressed: put under stress, neither the original nor a control.
-- invariant: stressed, and the advice must not change (where nothing may be disclosed, either): a
-- flip counts against the system. (Records are compact JSON, where a quotation mark inside a text
-- is escaped: the words cannot be a text's.)
select
    run_row.run_id,
    suite_variant.variant_id,
    suite_variant.case_id,
    suite_case.domain,
    coalesce(suite_case.source_id, suite_variant.case_id) as source_id,
    coalesce(suite_case.task, 'unknown') as task,
    suite_variant.family,
    suite_variant.probe,
    suite_variant.level,
    suite_variant.valid and variant_doubt.variant_id is null as usable,
    suite_variant.family <> 'base' and suite_variant.control = 'none' as stressed,
    suite_variant.family <> 'base'
    and suite_variant.control = 'none'
    and suite_variant.expectation in ('invariant', 'must_not_disclose')
    and not contains(suite_variant.record, '"clinically_relevant":true') as invariant
from run_row
join suite_variant using (suite_id)
left join suite_case using (suite_id, case_id)
left join variant_doubt
    on variant_doubt.run_id = run_row.run_id and variant_doubt.variant_id = suite_variant.variant_id
