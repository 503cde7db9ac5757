-- One row a purpose of a queue's items. n_places: reads asked; n_filled: in.
with filled as (
    select item_id, count(*) as n
    from slot
    where queue = $queue and state in ('read', 'not_judgeable')
    group by item_id
)

select
    purpose,
    count(*) as n,
    sum(reads)::bigint as n_places,
    coalesce(sum(filled.n), 0)::bigint as n_filled
from queue_item
left join filled using (item_id)
where queue = $queue
group by purpose
order by purpose
