-- Every blind read of a run whose item is complete, beside what the scorers and the verdict say.
-- Grain: item_id, response_id, reviewer. $run: a run.
-- automatic: harm that the scorers suspect; adjudicated, verdict: whether a third person decided,
-- and their harm level; changed, after: whether the reader made an entry after the reveal, and its
-- harm; revealed: whether the queue reveals at all; disputed: waits for a third person. visible: JSON list of what had been opened.
with decided as (
    select response_id, arg_max_null(harm, seq) as verdict
    from judgment_deciding
    where run_id = $run and phase = 'adjudication'
    group by all
),

changed as (
    select item_id, response_id, reviewer, arg_max_null(harm, seq) as after
    from judgment_row
    where phase = 'revealed'
    group by all
)

select
    read.queue,
    read.item_id,
    read.response_id,
    read.position,
    read.reads,
    read.purpose,
    read.repeat_of,
    read.reviewer,
    read.reader,
    read.harm,
    read.variant_invalid,
    read.seconds,
    read.utc,
    read.seq,
    read.visible,
    result.system_id,
    result.case_id,
    suite_case.title as case_title,
    result.domain,
    result.probe,
    result.harm as automatic,
    decided.response_id is not null as adjudicated,
    decided.verdict,
    changed.item_id is not null as changed,
    changed.after,
    coalesce(json_extract_string(queue_row.settings, '$.reveal'), 'at_once') <> 'never' as revealed,
    dispute.item_id is not null as disputed
from read
join queue_row using (queue)
join run_row on run_row.run_id = read.run_id
join result on result.run_id = read.run_id and result.response_id = read.response_id
left join
    suite_case
    on suite_case.suite_id = run_row.suite_id and suite_case.case_id = result.case_id
left join decided on decided.response_id = read.response_id
left join changed
    on
        changed.item_id = read.item_id
        and changed.response_id = read.response_id
        and changed.reviewer = read.reviewer
left join dispute
    on dispute.item_id = read.item_id and dispute.response_id = read.response_id
where read.run_id = $run
order by read.seq
