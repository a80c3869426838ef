-- Jobs of every tenant an administrator reaches.

CREATE POLICY under_administration ON jobs FOR SELECT TO CURRENT_USER USING (admin_reaches(tenant_id));

-- The newest first, from the one behind `before`.
CREATE FUNCTION admin_jobs(only_tenant uuid, only_status text, only_kind text, before uuid, most int)
    RETURNS TABLE (tenant_id uuid, id uuid, kind text, payload jsonb, status text, priority int, attempt int,
                   progress double precision, stage text, item text, checkpoint jsonb, result jsonb, error jsonb,
                   cost_micros bigint, user_id uuid, wish text, due_at timestamptz, created_at timestamptz,
                   started_at timestamptz, updated_at timestamptz, finished_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT j.tenant_id, j.id, j.kind, j.payload, j.status, j.priority, j.attempt, j.progress, j.stage, j.item, j.checkpoint,
           j.result, j.error, j.cost_micros, j.user_id, j.wish, j.due_at, j.created_at, j.started_at, j.updated_at,
           j.finished_at
    FROM jobs j
    WHERE admin_reaches(j.tenant_id) AND (only_tenant IS NULL OR j.tenant_id = only_tenant)
      AND (only_status IS NULL OR j.status = only_status) AND (only_kind IS NULL OR j.kind = only_kind)
      AND (before IS NULL OR j.id < before)
    ORDER BY j.id DESC LIMIT most
$$;
CREATE INDEX jobs_id ON jobs (id DESC);
REVOKE ALL ON FUNCTION admin_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin_jobs TO unamentis_app;
