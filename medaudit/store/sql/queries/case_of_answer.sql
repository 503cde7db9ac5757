-- One row: the case that an answer is about, as JSON, and its system (for aliases, server only).
select suite_case.record, answer.system_id
from answer
join run_row using (run_id)
join suite_case
    on suite_case.suite_id = run_row.suite_id and suite_case.case_id = answer.case_id
where answer.run_id = $run and answer.response_id = $response
limit 1
