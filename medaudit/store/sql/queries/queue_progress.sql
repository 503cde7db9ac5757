-- One row: how far a queue has come, and one reviewer in it. Counts and their own seconds only.
-- n_places: reads that were asked, gold not counted; n_filled: of these, read or not judgeable.
-- n_done, n_skipped, n_not_judgeable: the reviewer's own items, gold and repeats included.
-- n_retest: own repeats with a harm level both times, n_retest_same of them the same level;
-- n_gold: own gold items with a harm level, n_gold_same of them the adjudicated level.
with own as (
    select
        queue_item.item_id,
        queue_item.run_id,
        queue_item.response_id,
        queue_item.purpose,
        queue_item.repeat_of,
        judgment_row.harm,
        judgment_row.seconds
    from judgment_row
    join queue_item using (item_id, response_id)
    where
        queue_item.queue = $queue
        and judgment_row.reviewer = $reviewer
        and judgment_row.phase = 'blind'
),

retest as (
    select count(*) as n, count(*) filter (later.harm = first.harm) as same
    from own as later
    join own as first on first.item_id = later.repeat_of
    where later.harm is not null and first.harm is not null
),

gold as (
    select count(*) as n, count(*) filter (own.harm = verdict.harm) as same
    from own
    join verdict using (run_id, response_id)
    where own.purpose = 'gold' and own.harm is not null and verdict.phase = 'adjudication'
),

place as (
    select
        count(*) filter (
            state in ('read', 'not_judgeable') and queue_item.purpose <> 'gold'
        ) as n_filled,
        count(*) filter (reviewer = $reviewer and state = 'read') as n_done,
        count(*) filter (reviewer = $reviewer and state = 'skipped') as n_skipped,
        count(*) filter (reviewer = $reviewer and state = 'not_judgeable') as n_not_judgeable
    from slot
    join queue_item using (queue, run_id, item_id, position)
    where queue = $queue
)

select
    (
        select coalesce(sum(reads) filter (purpose <> 'gold'), 0)::bigint
        from queue_item
        where queue = $queue
    ) as n_places,
    place.n_filled,
    place.n_done,
    place.n_skipped,
    place.n_not_judgeable,
    (select median(seconds) from own) as median_seconds,
    retest.n as n_retest,
    retest.same as n_retest_same,
    gold.n as n_gold,
    gold.same as n_gold_same
from place
cross join retest
cross join gold
