-- One row: an item by its id.
select *
from queue_item
where item_id = $item
