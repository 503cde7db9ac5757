-- What scored the answers of a run by rule, judges left out. Grain: scorer.
select scorer
from score_row
where run_id = $run
group by scorer
having not bool_or(split_part(dimension, '.', 1) = 'judge_integrity')
order by scorer
