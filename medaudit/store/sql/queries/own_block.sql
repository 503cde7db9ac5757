-- Positions of the items of a queue that a reviewer judged last, in the order of their commits.
select position
from (
    select position, seq
    from slot
    where queue = $queue and reviewer = $reviewer and state = 'read'
    order by seq desc
    limit $most
) as newest
order by seq
