-- A reviewer's blind grades of practice answers beside the key. Grain: position.
-- $queue; $reviewer; $key: in whose name the key was entered.
select
    queue_item.position,
    queue_item.response_id,
    own.harm,
    own.direction,
    own.error_type,
    own.variant_invalid,
    own.cannot_judge,
    own.note,
    verdict.harm as key_harm,
    verdict.direction as key_direction,
    verdict.error_type as key_error_type,
    verdict.variant_invalid as key_variant_invalid,
    verdict.cannot_judge as key_cannot_judge,
    verdict.note as explanation
from queue_item
join judgment_row as own
    on
        own.item_id = queue_item.item_id
        and own.response_id = queue_item.response_id
        and own.phase = 'blind'
        and own.reviewer = $reviewer
join judgment_row as verdict
    on
        verdict.response_id = queue_item.response_id
        and verdict.phase = 'adjudication'
        and verdict.reviewer = $key
where queue_item.queue = $queue
order by own.seq
