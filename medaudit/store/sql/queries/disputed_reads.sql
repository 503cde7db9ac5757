-- The reads of one answer of an item, all of which are in.
-- harm_after: the level after the reveal, NULL when nothing was changed.
select
    read.reviewer,
    read.harm,
    read.direction,
    read.error_type,
    read.variant_invalid,
    read.cannot_judge,
    read.confidence,
    read.dimensions,
    read.note,
    read.quotes,
    read.visible,
    read.seconds
from read
where read.item_id = $item and read.response_id = $response
order by read.seq
