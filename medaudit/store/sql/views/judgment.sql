-- Every judgment that a person committed, replaced ones included. Grain: seq.
-- It holds first reads that a second reader must not know yet: pages ask `read`, which does not.
select
    seq,
    client_id,
    utc,
    reviewer,
    item_id,
    response_id,
    phase,
    harm,
    direction,
    error_type,
    variant_invalid,
    cannot_judge,
    confidence,
    note,
    seconds,
    replaces
from judgment_row
