-- One row: the item at a position of a queue.
select *
from queue_item
where queue = $queue and position = $position
