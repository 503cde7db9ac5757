-- The judgments that decide the value of an answer. Grain: run_id, response_id, seq.
-- Blind ones and adjudications that were not replaced. What a reviewer says after the reveal and an
-- adjudicator's first impression are kept and shown but decide nothing: the one had seen the
-- automatic score, the other comes before the verdict. So a revealed judgment replaces the blind
-- one in judgment_current and not here.
-- A blind judgment of a drawn item waits until every read that was asked of the item is in, so that
-- no figure tells a second reader what the first one found. Repeats and gold decide nothing: the
-- one would count a person twice, the other is a test of the person.
-- The answer is that of the run from which the item was drawn; a judgment of no known draw counts
-- wherever its answer's id stands.
select
    result.run_id,
    judgment_row.response_id,
    result.variant_id,
    judgment_row.seq,
    judgment_row.phase,
    judgment_row.reviewer,
    judgment_row.harm,
    judgment_row.error_type,
    judgment_row.variant_invalid
from judgment_row
anti join (
    select replaces as client_id from judgment_row where phase <> 'revealed'
) using (client_id)
join result
    on
        result.response_id = judgment_row.response_id
        and result.run_id = coalesce(judgment_row.run_id, result.run_id)
left join queue_item on queue_item.item_id = judgment_row.item_id
left join item_done on item_done.item_id = judgment_row.item_id
where
    judgment_row.phase = 'adjudication'
    or (
        judgment_row.phase = 'blind'
        and (
            queue_item.item_id is null
            or (item_done.item_id is not null and queue_item.purpose not in ('repeat', 'gold'))
        )
    )
