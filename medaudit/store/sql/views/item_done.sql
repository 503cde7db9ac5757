-- Items whose asked reads are all in: nobody who reads them can still be told by another's read.
-- Grain: item_id. A repeat is done when the item that it repeats is, of as many reads.
select queue_item.item_id
from queue_item
join (
    select item_id, count(*) as n
    from slot
    where state in ('read', 'not_judgeable')
    group by item_id
) as filled
    on filled.item_id = coalesce(queue_item.repeat_of, queue_item.item_id)
where filled.n >= queue_item.reads
