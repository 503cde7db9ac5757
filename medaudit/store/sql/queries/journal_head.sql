-- The newest event that the store has taken in: of which journal a figure is. No row: no journal.
select
    seq,
    hash
from event
order by seq desc
limit 1
