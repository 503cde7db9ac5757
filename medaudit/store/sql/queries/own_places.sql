-- The items of a queue that a reviewer has judged, in the order of their commits. place: from 1.
select item_id, row_number() over (order by seq)::integer as place
from slot
where queue = $queue and reviewer = $reviewer and state = 'read'
order by place
