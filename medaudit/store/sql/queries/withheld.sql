-- Every event that the store has taken in, and whether its content may be read yet. Grain: seq.
-- Withheld: judgments and what was called not judgeable or skipped, as long as any item that shows
-- the same answer is open (a read that was asked is not in, or a dispute is not decided); and the
-- settings of a queue that has such an item, for they say which answers are gold or repeats. No item
-- of a closed queue is open: nobody will read it there.
with open_item as (
    select item_id
    from queue_item
    anti join item_done using (item_id)
    anti join queue_closed using (queue)
    union
    select item_id
    from dispute
    anti join queue_closed using (queue)
),

open_answer as (
    select
        run_id,
        response_id
    from queue_item
    semi join open_item using (item_id)
    union
    select
        run_id,
        base_response_id as response_id
    from queue_item
    semi join open_item using (item_id)
    where base_response_id is not null
),

hidden as (
    select judgment_row.seq
    from judgment_row
    semi join open_item using (item_id)
    union
    select judgment_row.seq
    from judgment_row
    semi join open_answer using (run_id, response_id)
    union
    select slot_event.seq
    from slot_event
    semi join open_item using (item_id)
    where slot_event.what in ('skipped', 'not_judgeable')
    union
    select event.seq
    from event
    join queue_item on queue_item.queue = event.subject
    semi join open_item on open_item.item_id = queue_item.item_id
    where event.action = 'queue'
)

select
    event.seq,
    hidden.seq is not null as withheld
from event
left join hidden using (seq)
order by event.seq
