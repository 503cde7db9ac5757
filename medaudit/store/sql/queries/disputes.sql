-- The disputes that a person may decide: none of an answer that they read, in any queue or phase but
-- their own impression; none on which somebody else gave an impression after $since and decided
-- nothing yet. Grain: item_id, response_id. It says nothing of what the readers found.
-- impression: whether this person has given theirs.
with mine as (
    select response_id
    from judgment_row
    where reviewer = $reviewer and phase in ('blind', 'revealed')
),

impression as (
    select
        item_id,
        response_id,
        bool_or(reviewer = $reviewer) as own,
        coalesce(bool_or(reviewer <> $reviewer and utc > $since), false) as elsewhere
    from judgment_row
    where phase = 'impression'
    group by all
)

select
    dispute.item_id,
    dispute.queue,
    dispute.run_id,
    dispute.response_id,
    dispute.position,
    dispute.side,
    result.domain,
    result.probe,
    result.level,
    judgment_row.utc as since,
    coalesce(impression.own, false) as impression
from dispute
join result using (run_id, response_id)
join judgment_row on judgment_row.seq = dispute.seq
left join impression
    on impression.item_id = dispute.item_id and impression.response_id = dispute.response_id
where
    dispute.response_id not in (select response_id from mine)
    and not coalesce(impression.elsewhere, false)
order by impression desc, dispute.seq
