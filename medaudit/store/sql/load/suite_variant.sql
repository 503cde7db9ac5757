-- Variants from their JSON, a record a line. $suite: the suite's id; $lines: the lines.
with line as (
    select
        record,
        from_json(record -> '$.messages', '[{"role":"VARCHAR","text":"VARCHAR"}]') as turns
    from (select unnest($lines::json[]) as record)
)

insert into suite_variant by name
select
    $suite as suite_id,
    record ->> '$.id' as variant_id,
    record ->> '$.case_id' as case_id,
    record ->> '$.family' as family,
    record ->> '$.probe' as probe,
    (record ->> '$.probe_version')::integer as probe_version,
    (record ->> '$.level')::integer as level,
    record ->> '$.expectation' as expectation,
    record ->> '$.control' as control,
    if(
        len(turns) = 1,
        turns[1].text,
        array_to_string(
            list_transform(turns, lambda turn: '[' || turn.role || '] ' || turn.text),
            chr(10) || chr(10)
        )
    ) as prompt,
    (record -> '$.edits')::varchar as edits,
    not list_contains(record ->> '$.checks[*].passed', 'false') as valid,
    record::varchar as record
from line
