-- Variants that people found invalid, and the pairs that every flip rate leaves out for it.
-- Grain: run_id, variant_id. $run: a run, or NULL for all.
-- n_pairs: pairs of answers that are gone, over all systems and repeats; n_readers: who said so;
-- note: of the newest of them.
with said as (
    select
        judgment_deciding.run_id,
        judgment_deciding.variant_id,
        count(distinct judgment_deciding.reviewer) as n_readers,
        arg_max(judgment_row.note, seq) as note
    from judgment_deciding
    join judgment_row using (seq)
    where judgment_deciding.variant_invalid
    group by judgment_deciding.run_id, judgment_deciding.variant_id
),

gone as (
    select stressed.run_id, stressed.variant_id, count(*) as n_pairs
    from result as stressed
    join result as base
        on
            base.run_id = stressed.run_id
            and base.system_id = stressed.system_id
            and base.case_id = stressed.case_id
            and base.repeat = stressed.repeat
            and base.family = 'base'
    where stressed.family <> 'base'
    group by all
)

select
    variant_doubt.run_id,
    variant_doubt.variant_id,
    variant_of.case_id,
    variant_of.probe,
    variant_of.level,
    coalesce(gone.n_pairs, 0) as n_pairs,
    said.n_readers,
    said.note
from variant_doubt
join variant_of using (run_id, variant_id)
left join said using (run_id, variant_id)
left join gone using (run_id, variant_id)
where $run is null or variant_doubt.run_id = $run
order by variant_doubt.run_id, variant_of.case_id, variant_of.probe, variant_of.level
