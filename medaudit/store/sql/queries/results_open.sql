-- The queues of a run and how much of each is open to one person. Grain: queue.
-- n_open: items that they could still read, whoever has reserved them now, or that they have read
-- and of which another read is not in yet. An item that they declined is not open to them. Gold is
-- open while they hold it at $now (UTC), and never in a queue that holds nothing else: practice; a
-- repeat only to whoever read the original. A closed queue is left out. begun: they made both statements; seen: it is kept that they saw results meanwhile;
-- alone: the workspace has no users, so one person is everybody.
with taken as (
    select
        item_id,
        count(*) filter (
            reviewer <> $reviewer and state in ('read', 'part_read', 'not_judgeable')
        ) as n_others,
        max(state) filter (reviewer = $reviewer) as own,
        coalesce(bool_or(
            reviewer = $reviewer
            and (state = 'part_read' or (state = 'claimed' and "until" > $now))
        ), false) as held
    from slot
    where run_id = $run
    group by item_id
),

item as (
    select
        queue_item.queue,
        queue_item.purpose = 'gold' as is_gold,
        bool_and(queue_item.purpose = 'gold') over (partition by queue_item.queue) as practice,
        item_done.item_id is not null as is_done,
        queue_item.repeat_of is null or coalesce(original.own = 'read', false) as theirs,
        coalesce(taken.own, 'nothing') as own,
        coalesce(taken.held, false) as held,
        queue_item.purpose = 'gold' or coalesce(taken.n_others, 0) < queue_item.reads as has_place
    from queue_item
    left join taken using (item_id)
    left join taken as original on original.item_id = queue_item.repeat_of
    left join item_done on item_done.item_id = queue_item.item_id
    where queue_item.run_id = $run
)

select
    queue_row.queue,
    count(*) filter (
        not practice
        and (held or not is_gold)
        and theirs
        and case
            when own in ('skipped', 'not_judgeable') then false
            when own = 'part_read' then true
            when own = 'read' then not is_done and not is_gold
            else has_place
        end
    ) as n_open,
    exists (
        from event
        where action = 'begin' and subject = queue_row.queue and actor = $reviewer
    ) as begun,
    exists (
        from event
        where action = 'results_seen' and subject = queue_row.queue and actor = $reviewer
    ) as seen,
    not exists (from event where action = 'user') as alone
from queue_row
anti join queue_closed using (queue)
join item using (queue)
group by queue_row.queue, queue_row.seq
order by queue_row.seq
