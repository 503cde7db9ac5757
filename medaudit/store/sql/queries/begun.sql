-- One row when a reviewer has declared interests and blinding for a queue, else none.
select utc
from event
where action = 'begin' and subject = $queue and actor = $reviewer
limit 1
