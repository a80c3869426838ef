-- What a tutor learns of a learner: signals, how sure its answers were, and how far each topic has come.

ALTER TABLE learning_sessions
    -- How often the learner asked to explain, asked to repeat, was confused, or asked something.
    ADD COLUMN clarifications int NOT NULL DEFAULT 0,
    ADD COLUMN repetitions int NOT NULL DEFAULT 0,
    ADD COLUMN confusions int NOT NULL DEFAULT 0,
    ADD COLUMN questions int NOT NULL DEFAULT 0,
    -- How often the tutor looked further than the topic because it was unsure.
    ADD COLUMN expansion_count int NOT NULL DEFAULT 0,
    -- How far the passage at `position` has been played, in milliseconds.
    ADD COLUMN offset_ms int NOT NULL DEFAULT 0 CHECK (offset_ms >= 0),
    -- The passage a client says it teaches: {id, text, start_time, end_time}.
    ADD COLUMN segment jsonb,
    -- Of the active time, what the learner's progress counts already.
    ADD COLUMN counted_ms bigint NOT NULL DEFAULT 0;

-- How sure an answer sounded; figures from 0 to 1.
CREATE TABLE answer_confidence (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    session_id uuid NOT NULL,
    id uuid NOT NULL,
    -- The turn the answer belongs to; null for a text somebody only asked about.
    turn_id text,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    markers text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, session_id, id),
    UNIQUE (tenant_id, session_id, turn_id),
    FOREIGN KEY (tenant_id, session_id) REFERENCES learning_sessions ON DELETE CASCADE
);
CALL protect('answer_confidence');

-- How far a learner has come in a topic, over all sessions on it. Ids of own or public content, hence no foreign key.
CREATE TABLE progress (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    curriculum_id text NOT NULL,
    topic_id text NOT NULL,
    topic_title text NOT NULL,
    -- Index of the passage to go on with, and how far it was played; `farthest` counts the passages ever finished.
    position int NOT NULL CHECK (position >= 0),
    offset_ms int NOT NULL CHECK (offset_ms >= 0),
    farthest int NOT NULL CHECK (farthest >= 0),
    passages int NOT NULL CHECK (passages >= 0),
    -- Time spent in active sessions on it, in milliseconds.
    spent_ms bigint NOT NULL DEFAULT 0,
    completed_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id, curriculum_id, topic_id)
);
CREATE INDEX progress_latest ON progress (tenant_id, user_id, updated_at DESC);
CALL protect('progress');

-- Note how far a session's learner has come in its topic, and the time spent since this was noted last. A session on a
-- topic that is not stored, or whose lesson the client brought, leaves no progress.
CREATE FUNCTION note_progress(tenant uuid, session uuid) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO progress AS p (tenant_id, user_id, curriculum_id, topic_id, topic_title, position, offset_ms, farthest,
                               passages, spent_ms, completed_at)
    SELECT s.tenant_id, s.user_id, t.curriculum_id, t.id, t.title, least(s.position, t.segment_count), s.offset_ms,
           least(s.position, t.segment_count), t.segment_count, greatest(0, session_active_ms(s) - s.counted_ms),
           CASE WHEN t.segment_count > 0 AND s.position >= t.segment_count THEN now() END
    FROM learning_sessions s, LATERAL find_topic(s.tenant_id, s.curriculum_id, s.topic_id) t
    WHERE s.tenant_id = tenant AND s.id = session AND s.topic_id <> '' AND s.material IS NULL
      AND s.started_at IS NOT NULL
    ON CONFLICT (tenant_id, user_id, curriculum_id, topic_id) DO UPDATE SET
        topic_title = excluded.topic_title, position = excluded.position, offset_ms = excluded.offset_ms,
        farthest = least(greatest(p.farthest, excluded.farthest), excluded.passages), passages = excluded.passages,
        spent_ms = p.spent_ms + excluded.spent_ms, completed_at = coalesce(p.completed_at, excluded.completed_at),
        updated_at = now();
    UPDATE learning_sessions s SET counted_ms = session_active_ms(s) WHERE s.tenant_id = tenant AND s.id = session;
END;

-- Watchers are told of what changes a session, not of every signal; what was said stays out of notifications.
DROP TRIGGER tell_session_event ON session_events;
CREATE TRIGGER tell_session_event AFTER INSERT ON session_events FOR EACH ROW
    WHEN (NEW.type NOT IN ('signal', 'expanded')) EXECUTE FUNCTION tell_session_event();
