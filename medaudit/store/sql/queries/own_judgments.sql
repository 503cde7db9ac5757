-- A reviewer's own current judgments of the answers of one item, blind or revealed.
-- Grain: response_id.
select
    response_id,
    seq,
    client_id,
    utc,
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
    visible,
    seconds
from judgment_row
where item_id = $item and reviewer = $reviewer and phase in ('blind', 'revealed')
qualify row_number() over (partition by response_id order by seq desc) = 1
