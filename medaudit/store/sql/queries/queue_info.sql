-- One row: a queue's draw. n_items: those that were added later included.
select
    queue_row.queue,
    queue_row.run_id,
    queue_row.seed,
    queue_row.method,
    queue_row.salt,
    queue_row.settings,
    queue_row.utc,
    (select count(*) from queue_item where queue = $queue) as n_items
from queue_row
where queue_row.queue = $queue
order by queue_row.seq
limit 1
