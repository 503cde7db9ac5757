-- The systems of a run by id, with the system each was made from. Grain: system_id. $run: a run.
select system_id, title, parent, quantization
from system
where run_id = $run
order by system_id
