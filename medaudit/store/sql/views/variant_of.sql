-- What each run asks: the variants of its suite with the domain of their case, without any text.
-- Grain: run_id, variant_id.
select
    run_row.run_id,
    suite_variant.variant_id,
    suite_variant.case_id,
    suite_case.domain,
    suite_variant.family,
    suite_variant.probe,
    suite_variant.level,
    suite_variant.expectation,
    suite_variant.valid
from run_row
join suite_variant using (suite_id)
left join suite_case using (suite_id, case_id)
