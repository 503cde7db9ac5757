-- What is held in memory. Times are UTC without a zone; what does not exist is NULL.

-- The cases of frozen suites. Grain: suite_id, case_id.
-- reference: JSON list; words: what a text search looks through, in lower case; record: JSON.
create or replace table suite_case (
    suite_id varchar not null,
    case_id varchar not null,
    title varchar not null,
    domain varchar not null,
    subdomain varchar not null,
    perspective varchar not null,
    task varchar not null,
    stakes tinyint not null,
    question varchar not null,
    status varchar not null,
    source_id varchar not null,
    reference varchar not null,
    words varchar not null,
    record varchar not null
);

-- Their variants. Grain: suite_id, variant_id. prompt: every message; edits: JSON list.
create or replace table suite_variant (
    suite_id varchar not null,
    variant_id varchar not null,
    case_id varchar not null,
    family varchar not null,
    probe varchar not null,
    probe_version integer not null,
    level integer not null,
    expectation varchar not null,
    control varchar not null,
    prompt varchar not null,
    edits varchar not null,
    valid boolean not null,
    record varchar not null
);

-- The plans. Grain: run_id. n_per_system: every system is asked the same.
create or replace table run_row (
    run_id varchar not null,
    suite_id varchar not null,
    title varchar not null,
    created timestamp not null,
    repeats integer not null,
    n_expected bigint not null,
    n_per_system bigint not null,
    notice varchar not null,
    state varchar not null
);

-- Their systems. Grain: run_id, system_id.
create or replace table run_system (
    run_id varchar not null,
    system_id varchar not null,
    title varchar not null,
    vendor varchar not null,
    provider varchar not null,
    model varchar not null,
    parent varchar,
    quantization varchar,
    notice varchar not null
);

-- The live tables hold what unfinished runs have so far. They have the columns of the Parquet
-- files that a run becomes: answers, attempts, scores, results.

-- Answers. Grain: run_id, response_id.
create or replace table live_answer (
    run_id varchar not null,
    response_id varchar not null,
    system_id varchar not null,
    case_id varchar not null,
    variant_id varchar not null,
    repeat integer not null,
    outcome varchar not null,
    "text" varchar,
    reasoning varchar,
    stop_reason varchar,
    tokens_in bigint,
    tokens_out bigint,
    latency_s double,
    cost_usd double,
    attempts integer not null,
    seed bigint,
    finished timestamp not null
);

-- Calls. Grain: run_id, response_id, number.
create or replace table live_attempt (
    run_id varchar not null,
    response_id varchar not null,
    number integer not null,
    started timestamp not null,
    ended timestamp,
    outcome varchar not null,
    detail varchar not null
);

-- Scores. Grain: run_id, response_id, scorer, version, dimension. evidence: JSON list of spans.
create or replace table live_score (
    run_id varchar not null,
    response_id varchar not null,
    scorer varchar not null,
    version integer not null,
    dimension varchar not null,
    outcome varchar not null,
    "value" double,
    label varchar,
    harm tinyint,
    evidence varchar not null,
    reason varchar not null
);

-- Lines of answers that were there already. Grain: a line.
create or replace table live_again (
    run_id varchar not null,
    response_id varchar not null
);

-- What live_finding says of the answers. Grain: run_id, response_id.
create or replace table live_result (
    run_id varchar not null,
    response_id varchar not null,
    system_id varchar not null,
    case_id varchar not null,
    variant_id varchar not null,
    domain varchar,
    family varchar,
    probe varchar,
    level integer,
    repeat integer not null,
    outcome varchar not null,
    decision_outcome varchar,
    decision varchar,
    correct boolean,
    case_score double,
    harm tinyint
);

-- What planned_cell says of the plans. Grain: run_id, system_id, case_id, family, probe, level.
create or replace table live_cell (
    run_id varchar not null,
    system_id varchar not null,
    case_id varchar not null,
    domain varchar,
    family varchar not null,
    probe varchar not null,
    level integer not null,
    n_expected bigint not null
);

-- The journal. Grain: seq. payload: canonical JSON, as hashed.
create or replace table event (
    seq bigint not null,
    client_id varchar not null,
    utc timestamp not null,
    actor varchar not null,
    action varchar not null,
    subject varchar not null,
    payload varchar not null,
    prev_hash varchar not null,
    hash varchar not null
);

-- Its judgments. Grain: seq. run_id: the run that the item was drawn from; NULL when no queue says.
-- dimensions: JSON object; visible, quotes: JSON lists.
create or replace table judgment_row (
    seq bigint not null,
    client_id varchar not null,
    utc timestamp not null,
    reviewer varchar not null,
    item_id varchar not null,
    response_id varchar not null,
    phase varchar not null,
    harm tinyint,
    direction varchar,
    error_type varchar,
    variant_invalid boolean not null,
    cannot_judge boolean not null,
    confidence tinyint,
    note varchar not null,
    seconds double,
    replaces varchar,
    run_id varchar,
    dimensions varchar not null,
    visible varchar not null,
    quotes varchar not null
);

-- The queues of review: the first draw of each name. Grain: queue. seq, utc: of the draw.
-- salt: what item ids, orders and aliases are computed with; it stays on the server.
-- settings: JSON, NULL for queues that were drawn before there were settings.
create or replace table queue_row (
    queue varchar not null,
    run_id varchar not null,
    seed bigint,
    method varchar not null,
    salt varchar not null,
    settings varchar,
    seq bigint not null,
    utc timestamp not null
);

-- Their items, those that were added later included. Grain: queue, item_id.
-- kind: single or pair; base_response_id: of a pair, the answer to the original.
-- inclusion_probability: NULL when not drawn at random (case_finding, gold, repeat).
create or replace table queue_item (
    queue varchar not null,
    run_id varchar not null,
    item_id varchar not null,
    response_id varchar not null,
    position integer not null,
    reads tinyint not null,
    purpose varchar not null,
    inclusion_probability double,
    seed bigint,
    repeat_of varchar,
    kind varchar not null,
    base_response_id varchar
);

-- Queues that a lead closed before their end. Grain: queue. actor: who; reason: in their words.
create or replace table queue_closed (
    queue varchar not null,
    seq bigint not null,
    utc timestamp not null,
    actor varchar not null,
    reason varchar not null
);

-- What became of their slots, apart from judgments. Grain: seq.
-- what: claim, release, skipped, not_judgeable, opened; detail: the reason, or what was opened.
create or replace table slot_event (
    seq bigint not null,
    utc timestamp not null,
    actor varchar not null,
    item_id varchar not null,
    what varchar not null,
    "until" timestamp,
    detail varchar not null
);

-- What verdict_by_rule says of the judgments. Grain: run_id, response_id.
create or replace table verdict (
    run_id varchar not null,
    response_id varchar not null,
    harm tinyint not null,
    error_type varchar,
    reviewer varchar not null,
    phase varchar not null,
    seq bigint not null
);

-- What slot_by_rule says of the places at items. Grain: item_id, reviewer.
create or replace table slot (
    queue varchar not null,
    run_id varchar not null,
    item_id varchar not null,
    position integer not null,
    reviewer varchar not null,
    state varchar not null,
    "until" timestamp,
    seq bigint not null,
    utc timestamp not null
);
