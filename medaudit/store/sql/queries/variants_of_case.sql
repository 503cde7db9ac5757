-- The original and the variants of one case as a run asks them, base first. Grain: variant_id.
-- images: JSON list of the names of each message's images.
-- acceptable: the decisions that are, best first; those of the variant where a probe changes them.
select v.variant_id, v.family, v.probe, v.level, v.expectation, v.valid, v.prompt,
       to_json(v.record::json -> '$.messages[*].images')::varchar as images,
       if(v.expectation = 'must_abstain', from_json(v.record -> '$.expected', '["VARCHAR"]'),
          coalesce(nullif(from_json(v.record -> '$.expected', '["VARCHAR"]'), []),
                   from_json(c.reference, '["VARCHAR"]'))) as acceptable,
       c.record as case_record
from run
join variant v using (suite_id)
join "case" c using (suite_id, case_id)
where run.run_id = $run and v.case_id = $case
order by v.family <> 'base', v.probe, v.level
