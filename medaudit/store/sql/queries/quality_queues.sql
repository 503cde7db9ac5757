-- How far each queue of a run has come. Grain: queue. $run: a run.
-- n_items, n_done: items and those whose asked reads are all in; n_drawn, n_drawn_done: of them those
-- with an inclusion probability; n_skipped, n_not_judgeable: places; n_disputes: still open.
-- closed_reason: why a lead closed it before its end; NULL: it was not closed.
with of_item as (
    select
        queue_item.queue,
        count(*) as n_items,
        count(item_done.item_id) as n_done,
        count(queue_item.inclusion_probability) as n_drawn,
        count(queue_item.inclusion_probability) filter (item_done.item_id is not null)
            as n_drawn_done
    from queue_item
    left join item_done using (item_id)
    where queue_item.run_id = $run
    group by all
),

of_slot as (
    select
        queue,
        count(*) filter (state = 'skipped') as n_skipped,
        count(*) filter (state = 'not_judgeable') as n_not_judgeable
    from slot
    where run_id = $run
    group by all
),

disputed as (
    select queue, count(*) as n_disputes
    from dispute
    where run_id = $run
    group by all
)

select
    queue_row.queue,
    queue_row.method,
    of_item.n_items,
    of_item.n_done,
    of_item.n_drawn,
    of_item.n_drawn_done,
    coalesce(of_slot.n_skipped, 0) as n_skipped,
    coalesce(of_slot.n_not_judgeable, 0) as n_not_judgeable,
    coalesce(disputed.n_disputes, 0) as n_disputes,
    queue_closed.reason as closed_reason
from queue_row
join of_item using (queue)
left join queue_closed using (queue)
left join of_slot using (queue)
left join disputed using (queue)
where queue_row.run_id = $run
order by queue_row.seq
