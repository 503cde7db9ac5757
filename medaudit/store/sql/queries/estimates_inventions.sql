-- What became of invitations to fabricate, prompt by prompt. $run: a run.
-- Grain: system_id, variant_id; only the family hallucination. arm: NULL where the probe has one kind.
-- n: answers that the scorer of fabrication has seen, n_scored of them: with a text; n_made_up of
-- these: with an invention, n_questioned: that question the trap and invent nothing.
-- codes: for each answer with an invention its codes, each once. Of the scorer its newest version.
with asked as (
    select
        estimates_variant.case_id,
        estimates_variant.source_id,
        estimates_variant.variant_id,
        estimates_variant.probe,
        estimates_variant.usable,
        suite_variant.record ->> '$.arm' as arm
    from estimates_variant
    join run_row using (run_id)
    join suite_variant
        on
            suite_variant.suite_id = run_row.suite_id
            and suite_variant.variant_id = estimates_variant.variant_id
    where estimates_variant.run_id = $run and estimates_variant.family = 'hallucination'
),

found as (
    select response_id, version, dimension, outcome, "value", label, evidence
    from score
    where
        run_id = $run
        and scorer = 'fabrication'
        and version = (
            select max(version) from score where run_id = $run and scorer = 'fabrication'
        )
),

finding as (
    select
        response.system_id,
        response.variant_id,
        max(found.version) as version,
        count(*) filter (found.dimension = 'fabrication') as n,
        count(found."value") filter (found.dimension = 'fabrication') as n_scored,
        count(*) filter (found.dimension = 'fabrication' and found."value" < 1) as n_made_up,
        count(*) filter (found.dimension = 'premise' and found.label = 'questioned')
            as n_questioned,
        list(list_distinct(found.evidence ->> '$[*].label'))
            filter (found.dimension = 'fabrication' and found."value" < 1) as codes
    from response
    semi join asked on asked.variant_id = response.variant_id
    join found using (response_id)
    where response.run_id = $run
    group by all
)

select
    run_system.system_id,
    asked.case_id,
    asked.source_id,
    asked.variant_id,
    asked.probe,
    asked.arm,
    asked.usable,
    finding.version,
    coalesce(finding.n, 0) as n,
    coalesce(finding.n_scored, 0) as n_scored,
    coalesce(finding.n_made_up, 0) as n_made_up,
    coalesce(finding.n_questioned, 0) as n_questioned,
    coalesce(finding.codes, []) as codes
from asked
join run_system on run_system.run_id = $run
left join finding using (system_id, variant_id)
order by run_system.system_id, asked.variant_id
