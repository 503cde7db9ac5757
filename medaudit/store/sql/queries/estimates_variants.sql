-- What a run asks, as estimates count it. $run: a run.
-- Grain: variant_id, in its order, so that the place of a row is the at_variant of other queries.
select
    case_id,
    domain,
    source_id,
    task,
    family,
    probe,
    level,
    usable,
    stressed,
    invariant
from estimates_variant
where run_id = $run
order by variant_id
