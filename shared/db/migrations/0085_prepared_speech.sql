-- Speech that is prepared: orders, and the texts of each. A job of the kind `speak` carries an order out.
CREATE TABLE speech_orders (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('topic', 'module', 'batch', 'comparison', 'deployment')),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    source_type text NOT NULL CHECK (source_type IN ('curriculum', 'knowledge-bowl', 'custom')),
    -- Of the curriculum or pack; own or public content, hence no foreign key.
    source_id text NOT NULL DEFAULT '',
    profile_id uuid,
    voice text NOT NULL DEFAULT '',
    speed double precision NOT NULL DEFAULT 1 CHECK (speed BETWEEN 0.5 AND 2),
    language text NOT NULL,
    output_format text NOT NULL DEFAULT 'wav' CHECK (output_format IN ('wav', 'mp3', 'opus', 'pcm')),
    -- Micro-dollars, from the price book, for what was not there when speaking began; before that, when it was ordered.
    estimate_micros bigint NOT NULL DEFAULT 0 CHECK (estimate_micros >= 0),
    -- Failures since the last text that could be spoken.
    consecutive_failures int NOT NULL DEFAULT 0,
    -- Of a deployment: the day it is to be ready for.
    target_date date,
    cancelled_at timestamptz,
    -- The job that carries it out, the last one of several; jobs are forgotten before orders are.
    job_id uuid,
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX speech_orders_created ON speech_orders (tenant_id, created_at DESC, id DESC);
CALL protect('speech_orders');

-- Deployments are orders. Rows of many tenants move, so the owner looks past the row filter for this.
ALTER TABLE deployments NO FORCE ROW LEVEL SECURITY;
ALTER TABLE speech_orders NO FORCE ROW LEVEL SECURITY;
INSERT INTO speech_orders (tenant_id, id, purpose, name, source_type, source_id, voice, speed, language, target_date,
                           cancelled_at, created_by, created_at)
SELECT tenant_id, id, 'deployment', name, 'curriculum', curriculum_id, voice, speed, 'en-US', target_date,
       cancelled_at, created_by, created_at FROM deployments;
ALTER TABLE speech_orders FORCE ROW LEVEL SECURITY;
DROP TABLE deployments;

CREATE TABLE speech_items (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    order_id uuid NOT NULL,
    position int NOT NULL,
    id uuid NOT NULL,
    -- The tenant its text belongs to and its clip is kept with: this one, or another whose content everybody reads.
    owner_id uuid NOT NULL,
    text text NOT NULL,
    -- Where the text is from, as whoever reads the item calls it: topic, question and segment.
    source_ref text NOT NULL DEFAULT '',
    -- Of several voices that are compared, which one.
    label text NOT NULL DEFAULT '',
    voice text NOT NULL,
    speed double precision NOT NULL,
    language text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed')),
    -- It was there already.
    cached boolean NOT NULL DEFAULT false,
    attempts int NOT NULL DEFAULT 0,
    -- The code of the last failure.
    error text NOT NULL DEFAULT '',
    cost_micros bigint NOT NULL DEFAULT 0,
    duration_ms int NOT NULL DEFAULT 0,
    -- What a listener thinks of it.
    rating int CHECK (rating BETWEEN 1 AND 5),
    rating_notes text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, order_id, position),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES speech_orders ON DELETE CASCADE
);
CREATE INDEX speech_items_left ON speech_items (tenant_id, order_id, attempts, position) WHERE status = 'pending';
CALL protect('speech_items');

-- Clips that are being made, so that of several jobs, in whatever process and for whatever tenant, one pays for each.
-- Nobody's data: a clip is named by its key in the object store. What a killed process held is free when its time ends.
CREATE UNLOGGED TABLE speech_claims (
    clip text PRIMARY KEY,
    holder uuid NOT NULL,
    until timestamptz NOT NULL
);

-- Claim clips for a job and return those it may make now; what it holds already it gets again.
CREATE FUNCTION claim_clips(wanted text[], claimant uuid, lasts interval) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    granted text[];
BEGIN
    DELETE FROM speech_claims c WHERE c.until < now() - interval '1 day';
    -- Always in the same order, so that two jobs cannot wait for each other.
    WITH taken AS (
        INSERT INTO speech_claims AS c (clip, holder, until)
        SELECT DISTINCT w.clip, claimant, clock_timestamp() + lasts FROM unnest(wanted) AS w (clip) ORDER BY w.clip
        ON CONFLICT (clip) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE c.holder = excluded.holder OR c.until < clock_timestamp()
        RETURNING c.clip)
    SELECT coalesce(array_agg(t.clip), '{}') INTO granted FROM taken t;
    RETURN granted;
END $$;

CREATE FUNCTION release_clips(held text[], claimant uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ DELETE FROM speech_claims c WHERE c.clip = ANY (held) AND c.holder = claimant $$;
REVOKE ALL ON FUNCTION claim_clips, release_clips FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_clips, release_clips TO unamentis_app;
