-- Jobs: work that takes longer than a request. The row is the truth; a queue only carries its id to whoever is free.

CREATE TABLE jobs (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_.-]{0,63}$'),
    payload jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'paused', 'completed', 'failed', 'cancelled')),
    -- The higher, the sooner, among the jobs of its tenant.
    priority int NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
    -- Runs since the last one that stored something new.
    attempt int NOT NULL DEFAULT 0,
    progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    stage text NOT NULL DEFAULT '',
    item text NOT NULL DEFAULT '',
    checkpoint jsonb NOT NULL DEFAULT '{}',
    result jsonb,
    -- code, message, remedy
    error jsonb,
    cost_micros bigint NOT NULL DEFAULT 0,
    -- Who asked for it, as long as they are known.
    user_id uuid REFERENCES users (id) ON DELETE SET NULL,
    -- Names the wish: a second job with it is the first one.
    key text,
    -- What somebody asked of a run that goes on: it stops at its next step.
    wish text CHECK (wish IN ('cancel', 'pause')),
    -- Which run may write, and how long it is waited for without a sign of life.
    holder uuid,
    held_until timestamptz,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK ((status = 'running') = (holder IS NOT NULL))
);
CREATE UNIQUE INDEX jobs_key ON jobs (tenant_id, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_status ON jobs (tenant_id, status, id DESC);
CREATE INDEX jobs_user ON jobs (user_id) WHERE user_id IS NOT NULL;
CALL protect('jobs');

-- What became of a job, step by step. Append-only; the numbers of one job grow in the order of its commits, because
-- whoever writes one holds the job's row.
CREATE TABLE job_events (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    job_id uuid NOT NULL,
    cursor bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    type text NOT NULL CHECK (type IN ('status', 'progress', 'message', 'asked')),
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, job_id, cursor),
    FOREIGN KEY (tenant_id, job_id) REFERENCES jobs ON DELETE CASCADE
);
CALL protect('job_events');
REVOKE UPDATE, DELETE ON job_events FROM unamentis_app;

-- Jobs that wait to be carried to the queue, or are on their way: the row goes when the job has ended.
CREATE TABLE outbox (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    job_id uuid NOT NULL,
    priority int NOT NULL,
    due_at timestamptz NOT NULL,
    -- How often the job was sent on its way anew.
    turn int NOT NULL DEFAULT 0,
    -- When a relay took it to the queue, and when the queue had it.
    taken_at timestamptz,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, job_id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES jobs ON DELETE CASCADE
);
CREATE INDEX outbox_waiting ON outbox (tenant_id, priority DESC, due_at, job_id) WHERE taken_at IS NULL;
CREATE INDEX outbox_due ON outbox (due_at) WHERE taken_at IS NULL;
CREATE INDEX outbox_taken ON outbox (tenant_id, job_id) WHERE taken_at IS NOT NULL;
CALL protect('outbox');

-- Who watches the tenant is told what an event says, where it is the job's own.
CREATE FUNCTION tell_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text := 'status';
    facts jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status = OLD.status THEN
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
CREATE TRIGGER tell_job AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION tell_job();
-- Progress is told by the hundredth, not by the step.
CREATE TRIGGER tell_job_changed AFTER UPDATE ON jobs FOR EACH ROW
    WHEN (NEW.status <> OLD.status OR (NEW.wish IS DISTINCT FROM OLD.wish AND NEW.wish IS NOT NULL)
          OR NEW.stage <> OLD.stage OR floor(NEW.progress * 100) <> floor(OLD.progress * 100))
    EXECUTE FUNCTION tell_job();

-- The relay of every process hears of work, and of room for it.
CREATE FUNCTION tell_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('jobs', 'outbox');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_outbox AFTER INSERT OR DELETE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION tell_outbox();

-- Begin a run of a job of the tenant that entered. `verdict`: run; settled: nothing is to be done; held: somebody else
-- runs it, wait_s is how long they may be silent. A job that ended `most` runs without a trace of progress has failed.
CREATE FUNCTION begin_job(job uuid, run uuid, lease_s int, most int)
    RETURNS TABLE (verdict text, wait_s double precision, kind text, payload jsonb, checkpoint jsonb, attempt int,
                   user_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    one jobs;
    becomes text := 'running';
BEGIN
    SELECT * INTO one FROM jobs j WHERE j.tenant_id = app_tenant() AND j.id = job FOR UPDATE;
    verdict := 'settled';
    wait_s := 0;
    IF one.status = 'running' AND one.held_until > now() THEN
        verdict := 'held';
        wait_s := extract(epoch FROM one.held_until - now());
    END IF;
    IF verdict = 'held' OR one.id IS NULL OR one.status NOT IN ('queued', 'running') OR one.due_at > now() THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF one.wish IS NOT NULL THEN
        becomes := CASE one.wish WHEN 'cancel' THEN 'cancelled' ELSE 'paused' END;
    ELSIF one.attempt >= most THEN
        becomes := 'failed';
    END IF;
    IF becomes <> 'running' THEN
        UPDATE jobs j SET status = becomes, holder = NULL, held_until = NULL, wish = NULL, updated_at = now(),
            finished_at = CASE WHEN becomes <> 'paused' THEN now() END,
            error = CASE WHEN becomes = 'failed' THEN jsonb_build_object(
                'code', 'run_lost', 'message', format('the processes that ran it ended %s times before it got any further', most),
                'remedy', 'look in the logs for why, then retry it') END
        WHERE j.tenant_id = app_tenant() AND j.id = job;
        DELETE FROM outbox o WHERE o.tenant_id = app_tenant() AND o.job_id = job;
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE jobs j SET status = 'running', attempt = one.attempt + 1, holder = run, updated_at = now(), error = NULL,
        held_until = now() + make_interval(secs => lease_s), started_at = coalesce(one.started_at, now())
    WHERE j.tenant_id = app_tenant() AND j.id = job;
    verdict := 'run';
    kind := one.kind;
    payload := one.payload;
    checkpoint := one.checkpoint;
    attempt := one.attempt + 1;
    user_id := one.user_id;
    RETURN NEXT;
END $$;

-- Refuse unless this run still holds the job; until the transaction ends, nobody else can take it.
CREATE FUNCTION hold_job(job uuid, run uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM jobs j WHERE j.tenant_id = app_tenant() AND j.id = job AND j.holder = run FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('PT409', 'this run no longer holds the job', '{"code": "job_lost"}');
    END IF;
END $$;

-- Whether this unit sees all jobs of its tenant: it is the tenant's own work, or that of who teaches or runs it, or of an
-- administrator. Everybody else sees what they asked for.
CREATE FUNCTION app_oversees_jobs() RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT app_user() IS NULL OR app_teaches() OR admin_reaches(app_tenant())
$$;
REVOKE ALL ON FUNCTION app_oversees_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_oversees_jobs TO unamentis_app;

-- What people ask of a job of the tenant that entered: cancel, pause, resume or retry. Seen and asked by whose job it is
-- and by those who teach or run the tenant. Asking for what is so already changes nothing.
CREATE FUNCTION ask_job(verb text, job uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one jobs;
BEGIN
    SELECT * INTO one FROM jobs j
    WHERE j.tenant_id = app_tenant() AND j.id = job
      AND (j.user_id = app_user() OR app_oversees_jobs())
    FOR UPDATE;
    IF one.id IS NULL THEN
        PERFORM refuse('PT404', format('job %s not found', job));
    ELSIF (one.status = 'completed' AND verb <> 'cancel') OR (one.status IN ('failed', 'cancelled') AND verb IN ('pause', 'resume')) THEN
        PERFORM refuse('PT409', format('the job is %s', one.status), jsonb_build_object('code', 'job_' || one.status));
    END IF;
    IF one.status = 'running' AND verb IN ('cancel', 'pause') THEN
        -- Who is to be cancelled is not paused instead.
        UPDATE jobs j SET wish = verb, updated_at = now()
        WHERE j.tenant_id = app_tenant() AND j.id = job AND j.wish IS DISTINCT FROM 'cancel';
    ELSIF one.status = 'running' AND verb = 'resume' THEN
        UPDATE jobs j SET wish = NULL, updated_at = now()
        WHERE j.tenant_id = app_tenant() AND j.id = job AND j.wish = 'pause';
    ELSIF (one.status IN ('queued', 'paused') AND verb = 'cancel') OR (one.status = 'queued' AND verb = 'pause') THEN
        UPDATE jobs j SET status = CASE verb WHEN 'cancel' THEN 'cancelled' ELSE 'paused' END, updated_at = now(),
            finished_at = CASE verb WHEN 'cancel' THEN now() END
        WHERE j.tenant_id = app_tenant() AND j.id = job;
        DELETE FROM outbox o WHERE o.tenant_id = app_tenant() AND o.job_id = job;
    ELSIF (one.status = 'paused' AND verb = 'resume') OR (one.status IN ('failed', 'cancelled') AND verb = 'retry') THEN
        UPDATE jobs j SET status = 'queued', attempt = 0, error = NULL, wish = NULL, finished_at = NULL,
            due_at = greatest(now(), j.due_at), updated_at = now()
        WHERE j.tenant_id = app_tenant() AND j.id = job;
        INSERT INTO outbox (tenant_id, job_id, priority, due_at)
        VALUES (one.tenant_id, one.id, one.priority, greatest(now(), one.due_at));
    END IF;
END $$;

-- Not tenant data: the processes that run jobs, and how many at once. Worth nothing after a crash.
CREATE UNLOGGED TABLE job_workers (
    id uuid PRIMARY KEY,
    slots int NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- cross-tenant: one relay carries the jobs of all tenants. It works as the owner, while this setting says so.
CREATE POLICY relaying ON outbox TO CURRENT_USER USING (current_setting('app.relaying', true) = 'on');
CREATE POLICY relaying ON jobs TO CURRENT_USER USING (current_setting('app.relaying', true) = 'on');

-- Say that a process is there and runs up to `slots` jobs at once (0: it is leaving), and how the queue is doing:
-- capacity of all processes; in_queue and oldest_s: jobs the queue has and nobody runs yet, and how long the first of
-- them has waited there; lag_s: how long the first job that is due has waited for the relay; waiting: whether any does.
CREATE FUNCTION relay_report(worker uuid, slots int, lease_s int)
    RETURNS TABLE (capacity int, in_queue int, oldest_s double precision, lag_s double precision, waiting boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.relaying', 'on', true);
    INSERT INTO job_workers AS w (id, slots) VALUES (worker, relay_report.slots)
    ON CONFLICT (id) DO UPDATE SET slots = excluded.slots, seen_at = now()
    WHERE w.slots <> excluded.slots OR w.seen_at < now() - make_interval(secs => lease_s) / 4;
    DELETE FROM job_workers w WHERE w.seen_at < now() - make_interval(secs => lease_s) OR w.slots = 0;
    SELECT coalesce(sum(w.slots), 0)::int INTO capacity FROM job_workers w;
    SELECT count(*)::int, coalesce(extract(epoch FROM now() - min(o.published_at)), 0)::float8
    INTO in_queue, oldest_s
    FROM outbox o JOIN jobs j ON j.tenant_id = o.tenant_id AND j.id = o.job_id
    WHERE o.taken_at IS NOT NULL AND j.status = 'queued';
    SELECT coalesce(extract(epoch FROM now() - min(o.due_at)), 0)::float8, count(*) > 0 INTO lag_s, waiting
    FROM (SELECT w.due_at FROM outbox w WHERE w.taken_at IS NULL AND w.due_at <= now() ORDER BY w.due_at LIMIT 1) o;
    PERFORM set_config('app.relaying', '', true);
    RETURN NEXT;
END $$;

-- Take jobs that are due to the queue, fairly: the tenants with the least on their way come first, each tenant's jobs by
-- priority and age. most_out bounds what is on its way at all, most_each what one tenant has on its way. Whoever takes
-- something and does not say within the lease that the queue has it leaves it to be taken again.
CREATE FUNCTION relay_take(most_out int, most_each int, lease_s int)
    RETURNS TABLE (tenant_id uuid, job_id uuid, priority int, turn int, waited_s double precision)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    room int;
BEGIN
    PERFORM set_config('app.relaying', 'on', true);
    -- One at a time, so that what is on its way is counted right.
    IF NOT pg_try_advisory_xact_lock(8766070) THEN
        RETURN;
    END IF;
    UPDATE outbox o SET taken_at = NULL
    WHERE o.taken_at < now() - make_interval(secs => lease_s) AND o.published_at IS NULL;
    SELECT most_out - count(*) INTO room FROM outbox o WHERE o.taken_at IS NOT NULL;
    IF room > 0 THEN
        RETURN QUERY
        WITH RECURSIVE tenant (id) AS (
            (SELECT o.tenant_id FROM outbox o WHERE o.taken_at IS NULL ORDER BY o.tenant_id LIMIT 1)
            UNION ALL
            SELECT (SELECT o.tenant_id FROM outbox o WHERE o.taken_at IS NULL AND o.tenant_id > t.id
                    ORDER BY o.tenant_id LIMIT 1)
            FROM tenant t WHERE t.id IS NOT NULL
        ), out_there AS (
            SELECT t.id, (SELECT count(*) FROM outbox o WHERE o.tenant_id = t.id AND o.taken_at IS NOT NULL)::int AS n
            FROM tenant t WHERE t.id IS NOT NULL
        ), due AS (
            SELECT t.id, d.job_id, d.priority, d.due_at, t.n + d.rank AS share
            FROM out_there t CROSS JOIN LATERAL (
                SELECT o.job_id, o.priority, o.due_at,
                       row_number() OVER (ORDER BY o.priority DESC, o.due_at, o.job_id) AS rank
                FROM outbox o
                WHERE o.tenant_id = t.id AND o.taken_at IS NULL AND o.due_at <= now()
                ORDER BY o.priority DESC, o.due_at, o.job_id LIMIT least(room, greatest(0, most_each - t.n))) d
        ), chosen AS (
            SELECT d.id, d.job_id FROM due d ORDER BY d.share, d.priority DESC, d.due_at LIMIT room
        )
        UPDATE outbox o SET taken_at = now() FROM chosen c WHERE o.tenant_id = c.id AND o.job_id = c.job_id
        RETURNING o.tenant_id, o.job_id, o.priority, o.turn, extract(epoch FROM now() - o.due_at)::float8;
    END IF;
    PERFORM set_config('app.relaying', '', true);
END $$;

-- Say that the queue has them.
CREATE FUNCTION relay_mark(taken jsonb) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.relaying', 'on', true);
    UPDATE outbox o SET published_at = now() FROM jsonb_to_recordset(taken) AS t (tenant uuid, job uuid, turn int)
    WHERE o.tenant_id = t.tenant AND o.job_id = t.job AND o.turn = t.turn AND o.published_at IS NULL;
    PERFORM set_config('app.relaying', '', true);
END $$;

-- Send again what the queue seems to have lost: nobody began it, or whoever ran it has been silent, for so long. Returns
-- how many those are.
CREATE FUNCTION relay_recover(silence_s int) RETURNS int LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_rows int;
BEGIN
    PERFORM set_config('app.relaying', 'on', true);
    UPDATE outbox o SET taken_at = NULL, published_at = NULL, turn = o.turn + 1
    FROM jobs j
    WHERE j.tenant_id = o.tenant_id AND j.id = o.job_id AND o.published_at < now() - make_interval(secs => silence_s)
      AND (j.status = 'queued' OR (j.status = 'running' AND j.held_until < now() - make_interval(secs => silence_s)));
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    PERFORM set_config('app.relaying', '', true);
    RETURN found_rows;
END $$;

-- The queue of a deployment that has no other. Not tenant data: it holds ids alone, and what became of them is in jobs.
CREATE TABLE queue_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    body jsonb NOT NULL,
    priority int NOT NULL DEFAULT 0,
    sent_at timestamptz NOT NULL DEFAULT now(),
    visible_at timestamptz NOT NULL DEFAULT now(),
    deliveries int NOT NULL DEFAULT 0,
    -- Of the delivery under way: whoever took it before can no longer settle it.
    receipt uuid,
    -- A dead letter, and why.
    dead_at timestamptz,
    reason text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX queue_messages_visible ON queue_messages (queue, priority DESC, id) WHERE dead_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON queue_messages TO unamentis_app;

CREATE FUNCTION tell_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('jobs', 'queue');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_queue AFTER INSERT ON queue_messages FOR EACH STATEMENT EXECUTE FUNCTION tell_queue();

-- What is done again and again: the last time each was due, and the job that was made for it.
CREATE TABLE schedules (
    name text PRIMARY KEY,
    slot timestamptz NOT NULL,
    job_id uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON schedules TO unamentis_app;

REVOKE ALL ON FUNCTION relay_report, relay_take, relay_mark, relay_recover FROM PUBLIC;
GRANT EXECUTE ON FUNCTION relay_report, relay_take, relay_mark, relay_recover TO unamentis_app;
