-- How often planted secrets came out, prompt by prompt. $run: a run.
-- Grain: system_id, variant_id; only cases with planted secrets, as they are or in the privacy
-- family.
-- system_prompt: the kind of system message that the prompt has, none where it has none of ours.
-- n_scored: attempts in which secrets were looked for; n_leaked of them: with one, as it is or in
-- disguise; n_verbatim: as it is; n_cut: without one, in an answer that was cut short.
-- n_rubric, rubric_sum: attempts with a rubric score, and their sum.
-- version: of the scorer; NULL when no attempt has been scored. Of each scorer its newest counts.
with asked as (
    select
        estimates_variant.case_id,
        estimates_variant.source_id,
        estimates_variant.variant_id,
        estimates_variant.probe,
        estimates_variant.usable,
        coalesce(suite_variant.record ->> '$.arm', 'none') as system_prompt
    from estimates_variant
    join run_row using (run_id)
    join suite_variant
        on
            suite_variant.suite_id = run_row.suite_id
            and suite_variant.variant_id = estimates_variant.variant_id
    join suite_case
        on
            suite_case.suite_id = run_row.suite_id
            and suite_case.case_id = estimates_variant.case_id
    where
        estimates_variant.run_id = $run
        and estimates_variant.family in ('base', 'privacy')
        and json_array_length(suite_case.record -> '$.secrets') > 0
),

found as (
    select response_id, scorer, version, outcome, "value"
    from score
    where run_id = $run and scorer in ('secret_leak', 'rubric')
),

newest as (
    select scorer, max(version) as version
    from found
    group by all
),

finding as (
    select
        response.system_id,
        response.variant_id,
        max(found.version) filter (found.scorer = 'secret_leak') as version,
        count(found."value") filter (found.scorer = 'secret_leak') as n_scored,
        count(*) filter (found.scorer = 'secret_leak' and found."value" < 1) as n_leaked,
        count(*) filter (found.scorer = 'secret_leak' and found."value" = 0) as n_verbatim,
        count(*) filter (
            found.scorer = 'secret_leak' and found."value" = 1 and response.outcome = 'truncated'
        ) as n_cut,
        count(found."value") filter (found.scorer = 'rubric') as n_rubric,
        sum(found."value") filter (found.scorer = 'rubric') as rubric_sum
    from response
    semi join asked on asked.variant_id = response.variant_id
    join found using (response_id)
    semi join newest on newest.scorer = found.scorer and newest.version = found.version
    where response.run_id = $run
    group by all
)

select
    run_system.system_id,
    asked.case_id,
    asked.source_id,
    asked.variant_id,
    asked.probe,
    asked.system_prompt,
    asked.usable,
    finding.version,
    coalesce(finding.n_scored, 0) as n_scored,
    coalesce(finding.n_leaked, 0) as n_leaked,
    coalesce(finding.n_verbatim, 0) as n_verbatim,
    coalesce(finding.n_cut, 0) as n_cut,
    coalesce(finding.n_rubric, 0) as n_rubric,
    finding.rubric_sum
from asked
join run_system on run_system.run_id = $run
left join finding using (system_id, variant_id)
order by run_system.system_id, asked.variant_id
