-- What each system of a run answered to one variant. Grain: response_id.
select r.response_id, r.system_id, system.title as system_title, r.repeat, r.text, r.outcome,
       f.decision, f.correct, f.case_score, f.harm, f.harm_source
from response r
join final_score f using (run_id, response_id)
join system on system.run_id = r.run_id and system.system_id = r.system_id
where r.run_id = $run and r.variant_id = $variant
order by system.title, r.repeat
