-- What scored the answers of a run. Grain: scorer.
select distinct scorer
from score_row
where run_id = $run
order by scorer
