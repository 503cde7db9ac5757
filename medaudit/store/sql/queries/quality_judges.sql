-- What each judge, and each panel of them, says of each answer of a run. Grain: scorer, response_id.
-- $totals: the dimensions that sum a kind's verdict on one answer up. Of each scorer its newest version counts.
-- trust: sound, own_vendor, disputed, suspect, needs_review, or no_answer, not_applicable where the
-- judge had nothing to say; of several integrity rows (one an opponent) the first by this order:
-- suspect, disputed, needs_review, own_vendor. "value": the sum, where the verdict counts.
with newest as (
    select scorer, max(version) as version
    from score_row
    where run_id = $run and split_part(dimension, '.', 1) = 'judge_integrity'
    group by scorer
),

said as (
    select
        scorer,
        response_id,
        arg_min(
            coalesce(label, outcome),
            case coalesce(label, outcome)
                when 'suspect' then 0
                when 'disputed' then 1
                when 'needs_review' then 2
                when 'own_vendor' then 3
                when 'sound' then 4
                else 5
            end
        ) filter (split_part(dimension, '.', 1) = 'judge_integrity') as trust,
        any_value("value") filter (list_contains($totals, dimension) and outcome = 'scored')
            as "value"
    from score_row
    semi join newest using (scorer, version)
    where run_id = $run
    group by scorer, response_id
)

select
    scorer,
    response_id,
    trust,
    case when trust in ('sound', 'own_vendor') then "value" end as "value"
from said
order by scorer, response_id
