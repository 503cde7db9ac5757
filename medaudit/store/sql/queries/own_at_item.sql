-- What one person did at one item, oldest first. what: judgment (detail: the answer), or that of
-- slot_event (detail: what was opened, or a reason).
select 'judgment' as what, response_id as detail, null as "until", seq
from judgment_row
where item_id = $item and reviewer = $reviewer and phase = 'blind'
union all
select what, detail, "until", seq
from slot_event
where item_id = $item and actor = $reviewer
order by seq
