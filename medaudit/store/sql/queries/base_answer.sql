-- At most one row: what the same system answered to the original of the case, in the same repeat.
select base."text" as answer, base.outcome
from answer as stressed
join answer as base
    on
        base.run_id = stressed.run_id
        and base.system_id = stressed.system_id
        and base.case_id = stressed.case_id
        and base.repeat = stressed.repeat
join run_row on run_row.run_id = stressed.run_id
join suite_variant
    on
        suite_variant.suite_id = run_row.suite_id
        and suite_variant.variant_id = base.variant_id
        and suite_variant.family = 'base'
where stressed.run_id = $run and stressed.response_id = $response and base.response_id <> $response
limit 1
