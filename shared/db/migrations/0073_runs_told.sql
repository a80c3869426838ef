-- That another run has taken over a job whose process died is told, too: the state stays what it was.
CREATE OR REPLACE FUNCTION tell_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text := 'status';
    facts jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status = OLD.status AND NEW.holder IS NOT DISTINCT FROM OLD.holder THEN
        what := CASE WHEN NEW.wish IS DISTINCT FROM OLD.wish AND NEW.wish IS NOT NULL THEN 'asked' ELSE 'progress' END;
    END IF;
    facts := CASE what
        WHEN 'status' THEN jsonb_strip_nulls(jsonb_build_object(
            'status', NEW.status, 'attempt', NEW.attempt, 'error', NEW.error))
        WHEN 'asked' THEN jsonb_build_object('wish', NEW.wish)
        ELSE jsonb_build_object('progress', NEW.progress, 'stage', NEW.stage, 'item', NEW.item) END;
    INSERT INTO job_events (tenant_id, job_id, type, data) VALUES (NEW.tenant_id, NEW.id, what, facts);
    PERFORM tell_update(NEW.tenant_id, 'job_update', jsonb_build_object(
        'id', NEW.id, 'kind', NEW.kind, 'status', NEW.status, 'progress', NEW.progress, 'stage', NEW.stage,
        'item', NEW.item, 'error', NEW.error), NEW.user_id, 'item');
    RETURN NULL;
END $$;
DROP TRIGGER tell_job_changed ON jobs;
-- Progress is told by the hundredth, not by the step.
CREATE TRIGGER tell_job_changed AFTER UPDATE ON jobs FOR EACH ROW
    WHEN (NEW.status <> OLD.status OR NEW.holder IS DISTINCT FROM OLD.holder
          OR (NEW.wish IS DISTINCT FROM OLD.wish AND NEW.wish IS NOT NULL)
          OR NEW.stage <> OLD.stage OR floor(NEW.progress * 100) <> floor(OLD.progress * 100))
    EXECUTE FUNCTION tell_job();
