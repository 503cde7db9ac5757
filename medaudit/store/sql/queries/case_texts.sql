-- The cases of a run's suite, without what came of them. Grain: case_id. $domain, $task,
-- $perspective, $search: as in case_list.
select
    suite_case.case_id,
    suite_case.title,
    suite_case.domain
from suite_case
join run_row using (suite_id)
where
    run_row.run_id = $run
    and ($domain is null or suite_case.domain = $domain)
    and ($task is null or suite_case.task = $task)
    and ($perspective is null or suite_case.perspective = $perspective)
    and ($search is null or contains(suite_case.words, lower($search)))
order by suite_case.domain, suite_case.case_id
