-- What clients log, who they are, and what all use amounts to, added up once, when it happens.

-- One entry of a client's own log.
CREATE TABLE client_logs (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id text NOT NULL,
    client_name text NOT NULL,
    level text NOT NULL CHECK (level IN ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')),
    label text NOT NULL,
    message text NOT NULL,
    file text NOT NULL,
    function text NOT NULL,
    line int NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    -- By the client's clock and by ours.
    logged_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX client_logs_received ON client_logs (tenant_id, received_at DESC, id DESC);
CALL protect('client_logs');

-- A program that somebody used, as it names itself.
CREATE TABLE clients (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id text NOT NULL,
    name text NOT NULL DEFAULT '',
    platform text NOT NULL DEFAULT '',
    device_model text NOT NULL DEFAULT '',
    os_version text NOT NULL DEFAULT '',
    app_version text NOT NULL DEFAULT '',
    -- What it said it was doing, and in which session.
    activity text NOT NULL DEFAULT '',
    current_session_id text,
    config jsonb NOT NULL DEFAULT '{}',
    address text NOT NULL DEFAULT '',
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    reports bigint NOT NULL DEFAULT 0,
    logs bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, user_id, id)
);
CREATE INDEX clients_seen ON clients (tenant_id, last_seen DESC, id);
CALL protect('clients');

-- A model server somebody wrote down; nothing calls it.
CREATE TABLE model_servers (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    url text NOT NULL,
    port int NOT NULL CHECK (port BETWEEN 1 AND 65535),
    models text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
CALL protect('model_servers');

-- Refuse whoever neither teaches nor runs the tenant.
CREATE FUNCTION require_teacher() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT app_teaches() THEN
        PERFORM refuse('PT403', 'only those who teach or run the tenant may do this', '{"code": "forbidden"}');
    END IF;
END $$;

-- What a client measured in one of its own sessions, added up.
CREATE TABLE client_sessions (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id text NOT NULL,
    session_id text NOT NULL,
    client text NOT NULL,
    client_name text NOT NULL,
    measured int NOT NULL,
    providers jsonb NOT NULL DEFAULT '{}',
    e2e_count int NOT NULL DEFAULT 0,
    e2e_sum double precision NOT NULL DEFAULT 0,  -- milliseconds
    e2e_least double precision,
    e2e_most double precision,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id, client_id, session_id)
);
CREATE INDEX client_sessions_seen ON client_sessions (tenant_id, last_seen DESC);
CALL protect('client_sessions');

-- What one person did in one hour.
CREATE TABLE activity_hours (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hour timestamptz NOT NULL,
    sessions int NOT NULL DEFAULT 0,
    turns int NOT NULL DEFAULT 0,
    interruptions int NOT NULL DEFAULT 0,
    reports int NOT NULL DEFAULT 0,
    events int NOT NULL DEFAULT 0,
    logs int NOT NULL DEFAULT 0,
    errors int NOT NULL DEFAULT 0,
    warnings int NOT NULL DEFAULT 0,
    -- As clients report them.
    reported_seconds double precision NOT NULL DEFAULT 0,
    reported_usd double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, user_id, hour)
);
CREATE INDEX activity_hours_hour ON activity_hours (tenant_id, hour);
CALL protect('activity_hours');

-- How often one person met which latency in one hour: a histogram whose steps are 5 % wide, so that percentiles over any
-- number of hours are sums of rows, right to 2.5 %. Turns are measured here, reports and events by clients.
CREATE TABLE latency_hours (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hour timestamptz NOT NULL,
    source text NOT NULL CHECK (source IN ('client', 'server')),
    stage text NOT NULL CHECK (stage IN ('stt', 'llm', 'tts', 'e2e')),
    client text NOT NULL,
    provider text NOT NULL,
    step smallint NOT NULL,
    measured int NOT NULL,
    total_ms double precision NOT NULL,
    least_ms double precision NOT NULL,
    most_ms double precision NOT NULL,
    PRIMARY KEY (tenant_id, user_id, hour, source, stage, client, provider, step)
);
CREATE INDEX latency_hours_hour ON latency_hours (tenant_id, hour);
CALL protect('latency_hours');

CREATE FUNCTION latency_step(ms double precision) RETURNS smallint LANGUAGE sql IMMUTABLE
    RETURN round(ln(greatest(ms, 1)) / ln(1.05))::smallint;
CREATE FUNCTION latency_of(step smallint) RETURNS double precision LANGUAGE sql IMMUTABLE
    RETURN power(1.05, step);

ALTER TABLE client_events
    ADD COLUMN session_id text NOT NULL DEFAULT '',
    ADD COLUMN e2e_ms double precision CHECK (e2e_ms >= 0),
    ADD COLUMN providers jsonb NOT NULL DEFAULT '{}';

CREATE FUNCTION count_reports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_hours AS a (tenant_id, user_id, hour, reports, reported_seconds, reported_usd)
    SELECT tenant_id, user_id, date_trunc('hour', received_at), count(*), sum(session_duration), sum(total_cost)
    FROM fresh GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, user_id, hour) DO UPDATE
    SET reports = a.reports + excluded.reports, reported_seconds = a.reported_seconds + excluded.reported_seconds,
        reported_usd = a.reported_usd + excluded.reported_usd;

    INSERT INTO latency_hours AS l
    SELECT f.tenant_id, f.user_id, date_trunc('hour', f.received_at), 'client', m.stage, coalesce(f.client_name, ''), '',
           latency_step(m.ms), count(*), sum(m.ms), min(m.ms), max(m.ms)
    FROM fresh f
    CROSS JOIN LATERAL (VALUES ('stt', f.stt_latency_median), ('llm', f.llm_ttft_median), ('tts', f.tts_ttfb_median),
                               ('e2e', f.e2e_latency_median)) AS m (stage, ms)
    WHERE m.ms > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (tenant_id, user_id, hour, source, stage, client, provider, step) DO UPDATE
    SET measured = l.measured + excluded.measured, total_ms = l.total_ms + excluded.total_ms,
        least_ms = least(l.least_ms, excluded.least_ms), most_ms = greatest(l.most_ms, excluded.most_ms);

    INSERT INTO client_sessions AS s (tenant_id, user_id, client_id, session_id, client, client_name, measured,
                                      e2e_count, e2e_sum, e2e_least, e2e_most)
    SELECT tenant_id, user_id, client_id, session_id, '', max(client_name), count(*),
           count(nullif(e2e_latency_median, 0)), sum(e2e_latency_median), min(nullif(e2e_latency_median, 0)),
           max(nullif(e2e_latency_median, 0))
    FROM fresh WHERE session_id <> '' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (tenant_id, user_id, client_id, session_id) DO UPDATE
    SET measured = s.measured + excluded.measured, last_seen = now(),
        client_name = coalesce(nullif(excluded.client_name, ''), s.client_name),
        e2e_count = s.e2e_count + excluded.e2e_count, e2e_sum = s.e2e_sum + excluded.e2e_sum,
        e2e_least = least(s.e2e_least, excluded.e2e_least), e2e_most = greatest(s.e2e_most, excluded.e2e_most);
    RETURN NULL;
END $$;
CREATE TRIGGER count_reports AFTER INSERT ON client_metrics REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION count_reports();

CREATE FUNCTION count_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_hours AS a (tenant_id, user_id, hour, events)
    SELECT tenant_id, user_id, date_trunc('hour', received_at), count(*) FROM fresh GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, user_id, hour) DO UPDATE SET events = a.events + excluded.events;

    INSERT INTO latency_hours AS l
    SELECT tenant_id, user_id, date_trunc('hour', received_at), 'client', 'e2e', client, coalesce(providers ->> 'llm', ''),
           latency_step(e2e_ms), count(*), sum(e2e_ms), min(e2e_ms), max(e2e_ms)
    FROM fresh WHERE e2e_ms > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (tenant_id, user_id, hour, source, stage, client, provider, step) DO UPDATE
    SET measured = l.measured + excluded.measured, total_ms = l.total_ms + excluded.total_ms,
        least_ms = least(l.least_ms, excluded.least_ms), most_ms = greatest(l.most_ms, excluded.most_ms);

    INSERT INTO client_sessions AS s (tenant_id, user_id, client_id, session_id, client, client_name, measured, providers,
                                      e2e_count, e2e_sum, e2e_least, e2e_most)
    SELECT tenant_id, user_id, client_id, session_id, max(client), max(client_name), count(*),
           coalesce((array_agg(providers) FILTER (WHERE providers <> '{}'))[1], '{}'),
           count(e2e_ms), coalesce(sum(e2e_ms), 0), min(e2e_ms), max(e2e_ms)
    FROM fresh WHERE session_id <> '' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (tenant_id, user_id, client_id, session_id) DO UPDATE
    SET measured = s.measured + excluded.measured, last_seen = now(), client = excluded.client,
        client_name = coalesce(nullif(excluded.client_name, ''), s.client_name),
        providers = s.providers || excluded.providers,
        e2e_count = s.e2e_count + excluded.e2e_count, e2e_sum = s.e2e_sum + excluded.e2e_sum,
        e2e_least = least(s.e2e_least, excluded.e2e_least), e2e_most = greatest(s.e2e_most, excluded.e2e_most);
    RETURN NULL;
END $$;
CREATE TRIGGER count_events AFTER INSERT ON client_events REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION count_events();

CREATE FUNCTION count_logs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_hours AS a (tenant_id, user_id, hour, logs, errors, warnings)
    SELECT tenant_id, user_id, date_trunc('hour', received_at), count(*),
           count(*) FILTER (WHERE level IN ('ERROR', 'CRITICAL')), count(*) FILTER (WHERE level = 'WARNING')
    FROM fresh GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, user_id, hour) DO UPDATE
    SET logs = a.logs + excluded.logs, errors = a.errors + excluded.errors, warnings = a.warnings + excluded.warnings;
    RETURN NULL;
END $$;
CREATE TRIGGER count_logs AFTER INSERT ON client_logs REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION count_logs();

CREATE FUNCTION count_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_hours AS a (tenant_id, user_id, hour, sessions)
    SELECT tenant_id, user_id, date_trunc('hour', created_at), count(*) FROM fresh GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, user_id, hour) DO UPDATE SET sessions = a.sessions + excluded.sessions;
    RETURN NULL;
END $$;
CREATE TRIGGER count_sessions AFTER INSERT ON learning_sessions REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION count_sessions();

-- An answer is stored again and again while it is spoken; it is counted once, when it is complete.
CREATE FUNCTION count_answer(answer turns) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_hours AS a (tenant_id, user_id, hour, turns, interruptions)
    SELECT s.tenant_id, s.user_id, date_trunc('hour', now()), 1, answer.interrupted::int
    FROM learning_sessions s WHERE s.tenant_id = answer.tenant_id AND s.id = answer.session_id
    ON CONFLICT (tenant_id, user_id, hour) DO UPDATE
    SET turns = a.turns + excluded.turns, interruptions = a.interruptions + excluded.interruptions;

    INSERT INTO latency_hours AS l
    SELECT s.tenant_id, s.user_id, date_trunc('hour', now()), 'server', m.stage, '', '', latency_step(m.ms), 1, m.ms, m.ms,
           m.ms
    FROM learning_sessions s
    CROSS JOIN LATERAL (VALUES ('stt', answer.stt_ms), ('llm', answer.llm_ms), ('tts', answer.tts_ms),
                               ('e2e', answer.total_ms)) AS m (stage, ms)
    WHERE s.tenant_id = answer.tenant_id AND s.id = answer.session_id AND m.ms > 0
    ON CONFLICT (tenant_id, user_id, hour, source, stage, client, provider, step) DO UPDATE
    SET measured = l.measured + excluded.measured, total_ms = l.total_ms + excluded.total_ms,
        least_ms = least(l.least_ms, excluded.least_ms), most_ms = greatest(l.most_ms, excluded.most_ms);
END $$;
CREATE FUNCTION count_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_answer(NEW);
    RETURN NULL;
END $$;
CREATE TRIGGER count_turn AFTER INSERT ON turns FOR EACH ROW WHEN (NEW.complete AND NEW.role = 'assistant')
    EXECUTE FUNCTION count_turn();
CREATE TRIGGER count_turn_completed AFTER UPDATE ON turns
    FOR EACH ROW WHEN (NEW.complete AND NOT OLD.complete AND NEW.role = 'assistant') EXECUTE FUNCTION count_turn();

-- The processes that serve, as each last said of itself, and what all of a service amounted to in an hour and on a day.
CREATE TABLE processes (
    id uuid PRIMARY KEY,
    service text NOT NULL,
    started_at timestamptz NOT NULL,
    sampled_at timestamptz NOT NULL,
    cpu_percent double precision NOT NULL,
    memory_bytes bigint NOT NULL,
    -- Of the machine.
    host_cpu_percent double precision NOT NULL,
    host_memory_percent double precision NOT NULL,
    disk_percent double precision NOT NULL,
    requests_per_minute int NOT NULL,
    models jsonb NOT NULL DEFAULT '[]'
);
CREATE TABLE process_history (
    grain text NOT NULL CHECK (grain IN ('hour', 'day')),
    starts_at timestamptz NOT NULL,
    service text NOT NULL,
    samples int NOT NULL,
    cpu_sum double precision NOT NULL,
    cpu_most double precision NOT NULL,
    memory_sum double precision NOT NULL,  -- percent of the machine's
    memory_most double precision NOT NULL,
    requests bigint NOT NULL,
    inferences bigint NOT NULL,
    PRIMARY KEY (grain, starts_at, service)
);
GRANT SELECT ON processes, process_history TO unamentis_app;

-- Take a process's word of itself. `fresh` holds the columns of processes; requests and inferences came since its last.
CREATE FUNCTION note_process(fresh jsonb, requests bigint, inferences bigint) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    said processes := jsonb_populate_record(NULL::processes, fresh || jsonb_build_object('sampled_at', now()));
BEGIN
    INSERT INTO processes SELECT said.*
    ON CONFLICT (id) DO UPDATE
    SET sampled_at = excluded.sampled_at, cpu_percent = excluded.cpu_percent, memory_bytes = excluded.memory_bytes,
        host_cpu_percent = excluded.host_cpu_percent, host_memory_percent = excluded.host_memory_percent,
        disk_percent = excluded.disk_percent, requests_per_minute = excluded.requests_per_minute,
        models = excluded.models;
    INSERT INTO process_history AS h
    SELECT grain, date_trunc(grain, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', said.service, 1, said.cpu_percent,
           said.cpu_percent, said.host_memory_percent, said.host_memory_percent, requests, inferences
    FROM unnest(ARRAY['hour', 'day']) AS grain
    ON CONFLICT (grain, starts_at, service) DO UPDATE
    SET samples = h.samples + 1, cpu_sum = h.cpu_sum + excluded.cpu_sum, cpu_most = greatest(h.cpu_most, excluded.cpu_most),
        memory_sum = h.memory_sum + excluded.memory_sum, memory_most = greatest(h.memory_most, excluded.memory_most),
        requests = h.requests + excluded.requests, inferences = h.inferences + excluded.inferences;
    DELETE FROM processes WHERE sampled_at < now() - interval '1 day';
END $$;
REVOKE ALL ON FUNCTION note_process FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_process TO unamentis_app;

-- cross-tenant: what is old goes in every tenant; the function below runs as the owner.
CREATE POLICY retention ON client_logs TO CURRENT_USER USING (true);
CREATE POLICY retention ON client_events TO CURRENT_USER USING (true);
CREATE POLICY retention ON client_metrics TO CURRENT_USER USING (true);
CREATE POLICY retention ON client_sessions TO CURRENT_USER USING (true);
CREATE POLICY retention ON clients TO CURRENT_USER USING (true);
CREATE POLICY retention ON activity_hours TO CURRENT_USER USING (true);
CREATE POLICY retention ON latency_hours TO CURRENT_USER USING (true);

-- Delete what is older than it is kept: what came in, and the sums over it. Returns how many rows went.
CREATE FUNCTION forget_measurements(logs interval, measurements interval, sums interval) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone bigint := 0;
    removed bigint;
BEGIN
    DELETE FROM client_logs WHERE received_at < now() - logs;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    DELETE FROM client_events WHERE received_at < now() - measurements;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    DELETE FROM client_metrics WHERE received_at < now() - measurements;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    DELETE FROM client_sessions WHERE last_seen < now() - measurements;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    DELETE FROM clients WHERE last_seen < now() - sums;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    DELETE FROM activity_hours WHERE hour < now() - sums;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    DELETE FROM latency_hours WHERE hour < now() - sums;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    DELETE FROM process_history WHERE starts_at < now() - sums;
    GET DIAGNOSTICS removed = ROW_COUNT;
    gone := gone + removed;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION forget_measurements FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_measurements TO unamentis_app;
