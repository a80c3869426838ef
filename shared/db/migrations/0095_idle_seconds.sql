-- How long the processes of a service were in each state of rest, in seconds: {"active": 3540, "warm": 60}.
ALTER TABLE process_history ADD COLUMN idle_seconds jsonb NOT NULL DEFAULT '{}';

CREATE FUNCTION sum_of_numbers(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, total), '{}')
    FROM (
        SELECT key, sum(value::numeric) AS total
        FROM (SELECT * FROM jsonb_each_text(one) UNION ALL SELECT * FROM jsonb_each_text(other)) AS each_of_both
        GROUP BY key
    ) AS sums
$$;

-- Take a process's word of itself. `fresh` holds the columns of processes; requests, inferences and seconds in each
-- state of rest came since its last.
DROP FUNCTION note_process;
CREATE FUNCTION note_process(fresh jsonb, requests bigint, inferences bigint, idle jsonb DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
           said.cpu_percent, said.host_memory_percent, said.host_memory_percent, requests, inferences, idle
    FROM unnest(ARRAY['hour', 'day']) AS grain
    ON CONFLICT (grain, starts_at, service) DO UPDATE
    SET samples = h.samples + 1, cpu_sum = h.cpu_sum + excluded.cpu_sum, cpu_most = greatest(h.cpu_most, excluded.cpu_most),
        memory_sum = h.memory_sum + excluded.memory_sum, memory_most = greatest(h.memory_most, excluded.memory_most),
        requests = h.requests + excluded.requests, inferences = h.inferences + excluded.inferences,
        idle_seconds = sum_of_numbers(h.idle_seconds, excluded.idle_seconds);
    DELETE FROM processes WHERE sampled_at < now() - interval '1 day';
END $$;
REVOKE ALL ON FUNCTION note_process, sum_of_numbers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_process TO unamentis_app;
