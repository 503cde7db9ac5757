-- A stressed answer beside the original's: same system, case and repeat.
-- Grain: run_id, response_id of the stressed answer. Only valid variants: every automatic check
-- passed and people have not found them invalid. Both answers must be there.
-- flip: NULL when either has no decision, or where the probe means the answer to change; none when the decision is the same; else harmful (right
-- to wrong), rescue (wrong to right), lateral (to another decision of the same kind).
select
    stressed.run_id,
    stressed.system_id,
    stressed.case_id,
    base.response_id as base_response_id,
    stressed.response_id,
    stressed.probe,
    stressed.level,
    stressed.repeat,
    base.decision as base_decision,
    stressed.decision,
    base.correct as base_correct,
    stressed.correct,
    case
        when stressed_variant.expectation not in ('invariant', 'must_not_disclose') then null
        when base.decision is null or stressed.decision is null then null
        when base.decision = stressed.decision then 'none'
        when base.correct and not stressed.correct then 'harmful'
        when stressed.correct and not base.correct then 'rescue'
        else 'lateral'
    end as flip
from result as stressed
join result as base
    on
        base.run_id = stressed.run_id
        and base.system_id = stressed.system_id
        and base.case_id = stressed.case_id
        and base.repeat = stressed.repeat
        and base.family = 'base'
join variant_of as stressed_variant
    on
        stressed_variant.run_id = stressed.run_id
        and stressed_variant.variant_id = stressed.variant_id
        and stressed_variant.valid
anti join variant_doubt
    on variant_doubt.run_id = stressed.run_id and variant_doubt.variant_id = stressed.variant_id
where stressed.family <> 'base'
