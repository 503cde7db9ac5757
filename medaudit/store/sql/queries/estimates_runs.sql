-- The runs of the workspace and how far each is. Grain: run_id.
select run_id, state
from run
order by run_id
