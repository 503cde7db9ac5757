-- At most one row: what an adjudicator found of one answer of an item before they saw the reads.
select
    judgment_row.client_id,
    judgment_row.harm,
    judgment_row.direction,
    judgment_row.error_type,
    judgment_row.variant_invalid,
    judgment_row.cannot_judge,
    judgment_row.phase
from judgment_row
join queue_item using (item_id)
where
    judgment_row.item_id = $item
    and judgment_row.reviewer = $reviewer
    and judgment_row.phase = 'impression'
    and (judgment_row.response_id is not distinct from queue_item.base_response_id)
    = ($side = 'original')
order by judgment_row.seq desc
limit 1
