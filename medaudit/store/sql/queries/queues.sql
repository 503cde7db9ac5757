-- One row a queue, oldest first. n: items; n_places: reads asked of them, gold not counted.
select
    queue_row.queue,
    queue_row.seq,
    queue_row.run_id,
    count(*) as n,
    coalesce(sum(queue_item.reads) filter (queue_item.purpose <> 'gold'), 0)::bigint as n_places
from queue_row
join queue_item using (queue)
group by all
order by queue_row.seq
