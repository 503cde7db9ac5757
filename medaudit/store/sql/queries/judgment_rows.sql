-- Every judgment as the store holds it, to be compared with the journal. Grain: seq.
-- dimensions: JSON object; quotes, visible: JSON lists.
select
    seq,
    client_id,
    item_id,
    response_id,
    reviewer,
    phase,
    harm,
    direction,
    error_type,
    variant_invalid,
    cannot_judge,
    confidence,
    dimensions,
    note,
    quotes,
    seconds,
    visible,
    replaces
from judgment_row
order by seq
