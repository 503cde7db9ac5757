-- One row when a queue was closed, none while it is open. utc: when.
select utc, actor, reason
from queue_closed
where queue = $queue
order by seq
limit 1
