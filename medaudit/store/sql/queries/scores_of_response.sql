-- One row a score of one answer of a run.
select scorer, version, dimension, outcome, "value", label, harm, reason, evidence
from score_row
where run_id = $run and response_id = $response
order by scorer, dimension
