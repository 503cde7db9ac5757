-- Blind reads that may be known: all that were asked of their item are in (see item_done).
-- Grain: item_id, response_id, reviewer. What was said after a reveal is not here: judgment_current.
-- side: of a pair, stressed or original; of a single item, stressed. An original's chance of being
-- drawn is not the pair's, so its inclusion_probability is NULL.
-- reader: 1, 2, … of an item in the order of commits; slot_order: of the reviewer in the queue.
-- repeat and gold items are here for test-retest and for agreement with the known verdict; they
-- decide nothing (judgment_deciding) and are no disputes.
select
    queue_item.queue,
    queue_item.run_id,
    queue_item.item_id,
    judgment_row.response_id,
    queue_item.position,
    queue_item.reads,
    queue_item.purpose,
    queue_item.kind,
    queue_item.repeat_of,
    case
        when judgment_row.response_id = queue_item.base_response_id then 'original'
        else 'stressed'
    end as side,
    case
        when judgment_row.response_id is distinct from queue_item.base_response_id
            then queue_item.inclusion_probability
    end as inclusion_probability,
    judgment_row.reviewer,
    row_number() over (
        partition by queue_item.item_id, judgment_row.response_id order by judgment_row.seq
    ) as reader,
    row_number() over (
        partition by queue_item.queue, judgment_row.reviewer order by judgment_row.seq
    ) as slot_order,
    judgment_row.harm,
    judgment_row.direction,
    judgment_row.error_type,
    judgment_row.variant_invalid,
    judgment_row.cannot_judge,
    judgment_row.confidence,
    judgment_row.dimensions,
    judgment_row.note,
    judgment_row.quotes,
    judgment_row.visible,
    judgment_row.seconds,
    judgment_row.utc,
    judgment_row.seq,
    judgment_row.client_id
from judgment_row
join queue_item using (item_id)
semi join item_done using (item_id)
where judgment_row.phase = 'blind'
