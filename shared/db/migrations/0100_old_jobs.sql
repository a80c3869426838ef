-- Jobs that ended long ago leave the database, with their events. Orders of speech and notes of imports outlive theirs.

CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- cross-tenant: works as the owner, on jobs of whichever tenant, while this setting says so.
CREATE POLICY forgetting ON jobs TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');

-- Remove jobs that ended before, and return how many there were. What waits, runs or rests stays however old it is.
CREATE FUNCTION forget_jobs(age interval) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM set_config('app.forgetting', 'on', true);
    DELETE FROM jobs j WHERE j.finished_at < now() - age AND j.status IN ('completed', 'failed', 'cancelled');
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('app.forgetting', '', true);
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION forget_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_jobs TO unamentis_app;
