-- One row a queue, oldest first. n: items; n_places: reads asked, gold not counted; n_filled: in.
-- closed: when a lead closed it (UTC), with the reason; NULL while it is open.
with filled as (
    select item_id, count(*) as n
    from slot
    where state in ('read', 'not_judgeable')
    group by item_id
)

select
    queue_row.queue,
    queue_row.run_id,
    queue_row.utc,
    count(*) as n,
    coalesce(sum(queue_item.reads) filter (queue_item.purpose <> 'gold'), 0)::bigint as n_places,
    coalesce(sum(filled.n) filter (queue_item.purpose <> 'gold'), 0)::bigint as n_filled,
    any_value(queue_closed.utc) as closed,
    any_value(queue_closed.reason) as closed_reason,
    any_value(queue_closed.actor) as closed_by
from queue_row
join queue_item using (queue)
left join filled using (item_id)
left join queue_closed using (queue)
group by queue_row.queue, queue_row.run_id, queue_row.utc, queue_row.seq
order by queue_row.seq
