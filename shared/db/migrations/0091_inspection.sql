-- What `doctor` asks as the application: which migrations were applied, and whether jobs move.

CREATE FUNCTION applied_migrations() RETURNS TABLE (version int, checksum text) LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.version, m.checksum FROM schema_migrations m ORDER BY m.version
$$;

-- workers: processes that run jobs, seen in the last two minutes; slots: jobs they run at once; overdue: jobs that could
-- have begun and have not; oldest_s: seconds the first of those has waited; running: now; failed: in the last day.
CREATE FUNCTION queue_state()
    RETURNS TABLE (workers int, slots int, overdue int, oldest_s double precision, running int, failed int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- cross-tenant: counts of all tenants' jobs, by the policy that lets the relay see them.
    PERFORM set_config('app.relaying', 'on', true);
    SELECT count(*)::int, coalesce(sum(w.slots), 0)::int INTO workers, queue_state.slots
    FROM job_workers w WHERE w.seen_at > now() - interval '2 minutes' AND w.slots > 0;
    SELECT count(*)::int, coalesce(extract(epoch FROM now() - min(o.due_at)), 0)::float8 INTO overdue, oldest_s
    FROM outbox o JOIN jobs j ON j.tenant_id = o.tenant_id AND j.id = o.job_id
    WHERE o.due_at <= now() AND j.status = 'queued';
    SELECT count(*) FILTER (WHERE j.status = 'running')::int,
           count(*) FILTER (WHERE j.status = 'failed' AND j.finished_at > now() - interval '1 day')::int
    INTO running, failed
    FROM jobs j WHERE j.status IN ('running', 'failed');
    PERFORM set_config('app.relaying', '', true);
    RETURN NEXT;
END $$;

REVOKE ALL ON FUNCTION applied_migrations, queue_state FROM PUBLIC;
GRANT EXECUTE ON FUNCTION applied_migrations, queue_state TO unamentis_app;
