-- Runs of jobs: the sign of life of all runs of a process, and jobs that a schedule orders.

CREATE INDEX jobs_holder ON jobs (holder) WHERE holder IS NOT NULL;

-- Say that these runs are alive, of whatever tenant; returns what was asked of each. A run that is not returned holds
-- its job no more. A run's id is known to its process alone.
CREATE FUNCTION beat_jobs(runs uuid[], lease_s int) RETURNS TABLE (run uuid, wish text) LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.relaying', 'on', true);
    RETURN QUERY
    UPDATE jobs j SET held_until = now() + make_interval(secs => lease_s)
    WHERE j.holder = ANY (runs) RETURNING j.holder, j.wish;
    PERFORM set_config('app.relaying', '', true);
END $$;
REVOKE ALL ON FUNCTION beat_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION beat_jobs TO unamentis_app;

-- Order the job of a slot, in the tenant that entered, unless that slot or a later one has had its job. Whoever comes
-- while another is at it goes away without one. Tells whether this call ordered it.
CREATE FUNCTION schedule_job(schedule text, slot timestamptz, job uuid, kind text, payload jsonb) RETURNS boolean
    LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(8766071) THEN
        RETURN false;
    END IF;
    INSERT INTO schedules AS s (name, slot, job_id) VALUES (schedule, schedule_job.slot, job)
    ON CONFLICT (name) DO UPDATE SET slot = excluded.slot, job_id = excluded.job_id, made_at = now()
    WHERE s.slot < excluded.slot;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO jobs (tenant_id, id, kind, payload) VALUES (app_tenant(), job, schedule_job.kind, schedule_job.payload);
    INSERT INTO outbox (tenant_id, job_id, priority, due_at) VALUES (app_tenant(), job, 0, now());
    RETURN true;
END $$;

-- What a handler says of its job is told to those who watch, too.
CREATE FUNCTION tell_job_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_update(NEW.tenant_id, 'job_message', jsonb_build_object('id', NEW.job_id) || NEW.data, j.user_id, 'facts')
    FROM jobs j WHERE j.tenant_id = NEW.tenant_id AND j.id = NEW.job_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_job_message AFTER INSERT ON job_events FOR EACH ROW WHEN (NEW.type = 'message')
    EXECUTE FUNCTION tell_job_message();
