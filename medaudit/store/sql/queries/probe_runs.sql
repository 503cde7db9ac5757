-- Which runs asked which probes, the run with most answers to it first. Grain: probe, run_id.
select result.probe, run.run_id, run.title, count(*) as n
from result
join run using (run_id)
group by all
order by result.probe, n desc, run.run_id
