-- Who has, had or declined a place at an item of a queue. Grain: item_id, reviewer. It fills the
-- table slot as events come.
-- state: read (judged), part_read (one answer of a pair), not_judgeable, skipped (the place went
-- back), or claimed, which holds until `until` (UTC) and then counts for nothing.
-- read, part_read and not_judgeable fill one of the item's `reads` places for good.
with judged as (
    select
        item_id,
        reviewer,
        max(seq) as seq,
        max(utc) as utc,
        count(distinct response_id) as n_answers
    from judgment_row
    where phase = 'blind'
    group by item_id, reviewer
),

last as (
    select
        item_id,
        actor as reviewer,
        arg_max(what, seq) as what,
        arg_max("until", seq) as "until",
        max(seq) as seq,
        max(utc) as utc
    from slot_event
    where what <> 'opened'
    group by item_id, actor
)

select
    queue_item.queue,
    queue_item.run_id,
    queue_item.item_id,
    queue_item.position,
    reviewer,
    case
        when judged.n_answers < 2 and queue_item.kind = 'pair' then 'part_read'
        when judged.n_answers > 0 then 'read'
        when last.what = 'claim' then 'claimed'
        else last.what
    end as state,
    case when judged.n_answers is null and last.what = 'claim' then last."until" end as "until",
    coalesce(judged.seq, last.seq) as seq,
    coalesce(judged.utc, last.utc) as utc
from judged
full join last using (item_id, reviewer)
join queue_item using (item_id)
where judged.n_answers is not null or last.what <> 'release'
