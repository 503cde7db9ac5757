-- How far people moved after the reveal: the blind level and the last one they gave after it.
-- Grain: item_id, response_id, reviewer, of reads that may be known (see read).
-- shift: last minus blind, NULL when either is unknown; towards_automatic: the move ended nearer to
-- what the automatic scores suspected, NULL where they say nothing or nothing moved.
select
    read.queue,
    read.run_id,
    read.item_id,
    read.response_id,
    read.purpose,
    read.reviewer,
    read.harm as harm_blind,
    later.harm as harm_revealed,
    later.harm - read.harm as shift,
    result.harm as harm_automatic,
    case
        when later.harm <> read.harm
            then abs(later.harm - result.harm) < abs(read.harm - result.harm)
    end as towards_automatic
from read
join (
    select item_id, response_id, reviewer, arg_max_null(harm, seq) as harm
    from judgment_row
    where phase = 'revealed'
    group by all
) as later using (item_id, response_id, reviewer)
join result using (run_id, response_id)
