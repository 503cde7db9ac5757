-- The items of a queue, or one item, and whether they are open. Grain: item_id.
-- Open: a read that was asked is not in, or a dispute is not decided.
select
    queue_item.item_id,
    queue_item.queue,
    queue_item.position,
    item_done.item_id is null or dispute.item_id is not null as is_open
from queue_item
left join item_done using (item_id)
left join (select distinct item_id from dispute) as dispute using (item_id)
where
    ($queue is null or queue_item.queue = $queue)
    and ($item is null or queue_item.item_id = $item)
order by queue_item.queue, queue_item.position
