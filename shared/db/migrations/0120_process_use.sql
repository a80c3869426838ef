-- When a process was last asked for anything, to the length of a round, and the sockets it holds open.
ALTER TABLE processes
    ADD COLUMN last_request_at timestamptz,
    ADD COLUMN sockets int NOT NULL DEFAULT 0 CHECK (sockets >= 0);

-- Take a process's word of itself. `fresh` holds the columns of processes; requests, inferences and seconds in each
-- state of rest came since its last.
CREATE OR REPLACE FUNCTION note_process(fresh jsonb, requests bigint, inferences bigint, idle jsonb DEFAULT '{}')
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    -- A process of the release before says nothing of its sockets.
    said processes := jsonb_populate_record(NULL::processes, '{"sockets": 0}'::jsonb || fresh || jsonb_build_object(
        'sampled_at', now(), 'last_request_at', CASE WHEN requests > 0 THEN now() END));
BEGIN
    INSERT INTO processes AS p SELECT said.*
    ON CONFLICT (id) DO UPDATE
    SET sampled_at = excluded.sampled_at, cpu_percent = excluded.cpu_percent, memory_bytes = excluded.memory_bytes,
        host_cpu_percent = excluded.host_cpu_percent, host_memory_percent = excluded.host_memory_percent,
        disk_percent = excluded.disk_percent, requests_per_minute = excluded.requests_per_minute,
        models = excluded.models, last_request_at = coalesce(excluded.last_request_at, p.last_request_at),
        sockets = excluded.sockets;
    INSERT INTO process_history AS h
    SELECT grain, date_trunc(grain, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', said.service, 1, said.cpu_percent,
           said.cpu_percent, said.host_memory_percent, said.host_memory_percent, requests, inferences, idle
    FROM unnest(ARRAY['hour', 'day']) AS grain
    ON CONFLICT (grain, starts_at, service) DO UPDATE
    SET samples = h.samples + 1, cpu_sum = h.cpu_sum + excluded.cpu_sum, cpu_most = greatest(h.cpu_most, excluded.cpu_most),
        memory_sum = h.memory_sum + excluded.memory_sum, memory_most = greatest(h.memory_most, excluded.memory_most),
        requests = h.requests + excluded.requests, inferences = h.inferences + excluded.inferences,
        idle_seconds = sum_of_numbers(h.idle_seconds, excluded.idle_seconds);
    DELETE FROM processes WHERE sampled_at < now() - interval '1 day';
END $$;
