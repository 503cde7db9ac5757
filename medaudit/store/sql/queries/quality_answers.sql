-- Every answer of a run: what the scorers suspect, what people found, how it came to them.
-- Grain: response_id. $run: a run; $queue: the queue that carries the estimates, or NULL for none.
-- verdict: people's harm level, once every read that was asked is in; NULL: none, or no level.
-- passed: nothing is suspected and no judge doubts it (see suspicion).
-- purpose, reads, inclusion_probability: of that queue, NULL where it did not draw the answer;
-- item_done: that item is complete; "order": when its last read came in.
with item as (
    select
        queue_item.response_id,
        any_value(queue_item.purpose) as purpose,
        any_value(queue_item.reads) as reads,
        any_value(queue_item.inclusion_probability) as inclusion_probability,
        bool_or(item_done.item_id is not null) as item_done,
        max(read.seq) as "order"
    from queue_item
    left join item_done using (item_id)
    left join read on read.item_id = queue_item.item_id
    where
        queue_item.queue = $queue
        and queue_item.run_id = $run
        and queue_item.purpose not in ('repeat', 'gold')
    group by all
)

select
    result.response_id,
    result.system_id,
    result.case_id,
    result.domain,
    result.probe,
    result.harm as automatic,
    verdict.harm as verdict,
    suspicion.passed,
    item.purpose,
    item.reads,
    item.inclusion_probability,
    coalesce(item.item_done, false) as item_done,
    item."order"
from result
join (select * exclude (run_id) from suspicion where run_id = $run) as suspicion using (response_id)
left join verdict using (run_id, response_id)
left join item using (response_id)
where result.run_id = $run
order by result.response_id
