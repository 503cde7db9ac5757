-- The items of a queue that a reviewer could take now, in that reviewer's own order.
-- $now: UTC; $gap: own reads between an item and its repeat, as long as there is something else.
-- First an item that they hold already. The order is random by reviewer, from the queue's salt.
-- Never one that they read, declined or declared not judgeable; nor a repeat of what they did not
-- read; nor one whose places are taken. Gold takes everybody, but does not keep a queue open alone,
-- except a queue that holds nothing else: then it is practice. A closed queue has nothing to take.
with own as (
    select item_id, row_number() over (order by seq) as place, count(*) over () as n
    from slot
    where queue = $queue and reviewer = $reviewer and state = 'read'
),

taken as (
    select
        item_id,
        count(*) filter (
            state in ('read', 'part_read', 'not_judgeable')
            or (state = 'claimed' and "until" > $now and reviewer <> $reviewer)
        ) as n_taken,
        bool_or(
            reviewer = $reviewer and state in ('read', 'not_judgeable', 'skipped')
        ) as closed,
        bool_or(
            reviewer = $reviewer
            and (state = 'part_read' or (state = 'claimed' and "until" > $now))
        ) as held,
        max("until") filter (reviewer = $reviewer and state = 'claimed') as held_until
    from slot
    where queue = $queue
    group by item_id
),

candidate as (
    select
        queue_item.position,
        queue_item.item_id,
        queue_item.purpose,
        coalesce(taken.held, false) as held,
        taken.held_until,
        queue_item.repeat_of is not null and own.n - own.place < $gap as too_soon
    from queue_item
    left join taken using (item_id)
    left join own on own.item_id = queue_item.repeat_of
    where
        queue_item.queue = $queue
        and $queue not in (select queue from queue_closed)
        and not coalesce(taken.closed, false)
        and (
            queue_item.purpose = 'gold'
            or coalesce(taken.held, false)
            or coalesce(taken.n_taken, 0) < queue_item.reads
        )
        and (queue_item.repeat_of is null or own.place is not null)
    qualify
        held
        or bool_or(queue_item.purpose <> 'gold') over ()
        or not exists (from queue_item where queue = $queue and purpose <> 'gold')
)

select position, item_id, held, held_until
from candidate
order by
    held desc,
    held_until,
    too_soon,
    md5(
        (select salt from queue_row where queue = $queue limit 1)
        || '|order|' || $reviewer || '|' || item_id
    )
limit $most
