-- One row an item of one queue, in the order of positions.
select
    item_id,
    response_id,
    inclusion_probability,
    seed,
    position,
    reads,
    purpose,
    repeat_of,
    base_response_id
from queue_item
where queue = $queue
order by position
