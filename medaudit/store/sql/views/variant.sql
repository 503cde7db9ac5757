-- The cases as they are asked. Grain: suite_id, variant_id.
-- prompt: all that was said, with who says it where there are several messages; edits: JSON list of what the probe changed in it;
-- valid: every automatic check passed (what people find is in variant_doubt).
select
    suite_id,
    variant_id,
    case_id,
    family,
    probe,
    probe_version,
    level,
    expectation,
    control,
    prompt,
    edits,
    valid,
    record
from suite_variant
