-- Tutoring sessions, what was said in them and what happened in them.

-- Whether the caller teaches or runs the tenant. In a query over many rows say (SELECT app_teaches()): it is asked once.
CREATE FUNCTION app_teaches() RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM memberships m
        WHERE m.tenant_id = app_tenant() AND m.user_id = app_user() AND m.role IN ('teacher', 'admin', 'owner'));

-- Whether the caller may see what belongs to a person: their own things, and a learner's where they teach.
CREATE FUNCTION app_sees(person uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN person = app_user() OR app_teaches();

CREATE TABLE learning_sessions (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'created' CHECK (status IN ('created', 'active', 'paused', 'ended')),
    -- Own or public content, hence no foreign key; empty in a free conversation.
    curriculum_id text NOT NULL DEFAULT '',
    topic_id text NOT NULL DEFAULT '',
    -- As they read when the topic was chosen: a history outlives its curriculum.
    curriculum_title text NOT NULL DEFAULT '',
    topic_title text NOT NULL DEFAULT '',
    topics_covered text[] NOT NULL DEFAULT '{}',
    -- A lesson the client brought itself, used in place of the topic's own; the fields of shared.domain.lesson.Lesson.
    material jsonb,
    -- Where the client says the topic stands in its curriculum; the fields of shared.domain.context.Place.
    place jsonb,
    -- Index of the passage being taught.
    position int NOT NULL DEFAULT 0 CHECK (position >= 0),
    model_name text NOT NULL DEFAULT '',
    model_context_window int NOT NULL CHECK (model_context_window > 0),
    system_prompt text NOT NULL DEFAULT '',
    auto_expand_context boolean NOT NULL DEFAULT true,
    turn_count int NOT NULL DEFAULT 0,
    barge_in_count int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    last_activity_at timestamptz NOT NULL DEFAULT now(),
    -- Time spent active before, and since when it is active now.
    active_ms bigint NOT NULL DEFAULT 0,
    active_since timestamptz CHECK ((active_since IS NOT NULL) = (status = 'active')),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX learning_sessions_user ON learning_sessions (tenant_id, user_id, created_at DESC, id DESC);
CREATE INDEX learning_sessions_tenant ON learning_sessions (tenant_id, created_at DESC, id DESC);
CALL protect('learning_sessions');

-- Milliseconds a session has been active. Nobody's sleep counts: past the last sign of life it is five minutes at most.
-- Every sign of life therefore adds what has passed and starts to count anew.
CREATE FUNCTION session_active_ms(s learning_sessions) RETURNS bigint LANGUAGE sql STABLE
    RETURN s.active_ms + greatest(0, coalesce(
        extract(epoch FROM least(now(), s.last_activity_at + interval '5 minutes') - s.active_since) * 1000, 0))::bigint;

-- One utterance. A learner's words and the answer to them share a turn_id; each is stored once however often it is sent.
CREATE TABLE turns (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    session_id uuid NOT NULL,
    sequence int NOT NULL,
    id uuid NOT NULL,
    turn_id text NOT NULL,
    role text NOT NULL CHECK (role IN ('user', 'assistant')),
    content text NOT NULL,
    audio_url text,
    stt_ms int,
    llm_ms int,
    tts_ms int,
    total_ms int,
    -- The learner cut the answer short: content ends where it was last heard.
    interrupted boolean NOT NULL DEFAULT false,
    -- False while an answer is still being spoken; it stays false when its server died.
    complete boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, session_id, sequence),
    UNIQUE (tenant_id, session_id, turn_id, role),
    FOREIGN KEY (tenant_id, session_id) REFERENCES learning_sessions ON DELETE CASCADE
);
CALL protect('turns');

CREATE TABLE session_events (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    session_id uuid NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    -- Names what happened, where the sender can, so that it is recorded once however often it is sent.
    key text,
    data jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, session_id, id),
    UNIQUE (tenant_id, session_id, type, key),
    FOREIGN KEY (tenant_id, session_id) REFERENCES learning_sessions ON DELETE CASCADE
);
CALL protect('session_events');

-- The topic a session means by an id: the tenant's own before the public one, whose curriculum the tenant's own shadows.
-- An empty curriculum means any.
CREATE FUNCTION find_topic(tenant uuid, curriculum text, topic text) RETURNS SETOF topics LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT t.* FROM topics t
    WHERE t.tenant_id IN (tenant, public_tenant()) AND t.id = topic AND (curriculum = '' OR t.curriculum_id = curriculum)
      AND (t.tenant_id = tenant
           OR NOT EXISTS (SELECT FROM curricula c WHERE c.tenant_id = tenant AND c.id = t.curriculum_id))
    ORDER BY t.tenant_id = tenant DESC, t.curriculum_id LIMIT 1;
END;

-- Lock a session the caller sees for the rest of the transaction and note a sign of life, or refuse: PT404 when there is
-- none, PT409 with `code` when its state is not among the allowed ones. `action` completes "it cannot be …".
CREATE FUNCTION claim_session(tenant uuid, session uuid, allowed text[], action text, code text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    present text;
BEGIN
    SELECT s.status INTO present FROM learning_sessions s
    WHERE s.tenant_id = tenant AND s.id = session AND app_sees(s.user_id) FOR UPDATE;
    IF present IS NULL THEN
        PERFORM refuse('PT404', format('session %s not found', session));
    ELSIF present <> ALL (allowed) THEN
        PERFORM refuse('PT409', format('the session is %s: it cannot be %s', present, action),
                       jsonb_build_object('code', code));
    END IF;
    UPDATE learning_sessions s
    SET active_ms = session_active_ms(s), active_since = CASE WHEN s.status = 'active' THEN now() END,
        last_activity_at = now()
    WHERE s.tenant_id = tenant AND s.id = session;
END $$;
