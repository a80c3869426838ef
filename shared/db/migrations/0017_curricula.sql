-- Curricula that change while they are taught: versions, the archive, the files of their pictures, ranked search.

ALTER TABLE curricula
    -- Counts the documents this curriculum has had; whoever edits one can say which they saw.
    ADD COLUMN revision int NOT NULL DEFAULT 1,
    -- When somebody archived it, and the status it goes back to.
    ADD COLUMN archived_at timestamptz,
    ADD COLUMN status_before text CHECK (status_before IN ('draft', 'published')),
    ADD COLUMN subjects text[] NOT NULL DEFAULT '{}';

-- A list's order and what it filters by: a count reads none of the table's own rows.
DROP INDEX curricula_title;
CREATE INDEX curricula_listing ON curricula (tenant_id, title, id) INCLUDE (status, difficulty);

-- Small files are kept in the row, the others in the object store.
ALTER TABLE assets
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN size int,
    ADD COLUMN width int,
    ADD COLUMN height int,
    ADD COLUMN thumbnail bytea,
    -- Where the file is, when it is not in the row.
    ADD COLUMN object_key text,
    ALTER COLUMN sha256 DROP EXPRESSION,
    ALTER COLUMN body DROP NOT NULL,
    ADD CHECK ((body IS NULL) <> (object_key IS NULL));
ALTER TABLE assets ALTER COLUMN size TYPE int USING octet_length(body);
ALTER TABLE assets ALTER COLUMN size SET NOT NULL;
CREATE UNIQUE INDEX assets_id ON assets (tenant_id, id);

-- Which version of which curriculum a session teaches; null in sessions older than versions.
ALTER TABLE learning_sessions
    ADD COLUMN curriculum_tenant uuid,
    ADD COLUMN curriculum_revision int;
CREATE INDEX learning_sessions_pins ON learning_sessions (tenant_id, curriculum_id, curriculum_revision)
    WHERE status <> 'ended';

-- Versions that were replaced or removed while sessions ran on them.
CREATE TABLE past_curricula (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id text NOT NULL,
    revision int NOT NULL,
    title text NOT NULL,
    glossary jsonb NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id, revision)
);
CALL protect('past_curricula', true);
CREATE TABLE past_topics (
    LIKE topics,
    revision int NOT NULL,
    PRIMARY KEY (tenant_id, curriculum_id, revision, id),
    FOREIGN KEY (tenant_id, curriculum_id, revision) REFERENCES past_curricula ON DELETE CASCADE
);
CALL protect('past_topics', true);

-- Before a document is replaced or removed: keep its version while sessions may run on it, forget those that none does.
-- Sessions of other tenants cannot be seen from here, so what others may read, the public content and an organisation's,
-- is kept for a month, the latest twenty versions at most.
CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    read_elsewhere boolean := EXISTS (SELECT FROM tenants t
                                      WHERE t.tenant_id = OLD.tenant_id AND t.kind IN ('organisation', 'public'));
BEGIN
    DELETE FROM past_curricula p
    WHERE p.tenant_id = OLD.tenant_id AND p.id = OLD.id
      AND (NOT read_elsewhere OR p.superseded_at < now() - interval '30 days' OR p.revision < OLD.revision - 20)
      AND NOT EXISTS (SELECT FROM learning_sessions s
                      WHERE s.tenant_id = p.tenant_id AND s.curriculum_id = p.id AND s.curriculum_revision = p.revision
                        AND s.status <> 'ended');
    IF read_elsewhere
       OR EXISTS (SELECT FROM learning_sessions s
                  WHERE s.tenant_id = OLD.tenant_id AND s.curriculum_id = OLD.id AND s.status <> 'ended') THEN
        INSERT INTO past_curricula (tenant_id, id, revision, title, glossary)
        VALUES (OLD.tenant_id, OLD.id, OLD.revision, OLD.title, OLD.glossary);
        INSERT INTO past_topics
        SELECT t.*, OLD.revision FROM topics t WHERE t.tenant_id = OLD.tenant_id AND t.curriculum_id = OLD.id;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_version BEFORE UPDATE ON curricula FOR EACH ROW
    WHEN (OLD.document IS DISTINCT FROM NEW.document) EXECUTE FUNCTION keep_version();
CREATE TRIGGER keep_version_removed BEFORE DELETE ON curricula FOR EACH ROW EXECUTE FUNCTION keep_version();

-- A removed curriculum's number goes on where it ended, should it come back.
CREATE FUNCTION next_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := 1 + coalesce((SELECT max(p.revision) FROM past_curricula p
                                  WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.id), 0);
    RETURN NEW;
END $$;
CREATE TRIGGER next_revision BEFORE INSERT ON curricula FOR EACH ROW EXECUTE FUNCTION next_revision();

-- Whether the version a session teaches is still there; it is not for sessions older than versions.
CREATE FUNCTION session_is_pinned(session learning_sessions) RETURNS boolean LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM curricula c
                   WHERE c.tenant_id = session.curriculum_tenant AND c.id = session.curriculum_id
                     AND c.revision = session.curriculum_revision)
        OR EXISTS (SELECT FROM past_curricula p
                   WHERE p.tenant_id = session.curriculum_tenant AND p.id = session.curriculum_id
                     AND p.revision = session.curriculum_revision);
END;

-- A topic as a session's version of its curriculum has it, and as it is now where the session has no version.
CREATE FUNCTION session_topic(session learning_sessions, topic text) RETURNS SETOF topics LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT t.* FROM topics t
    JOIN curricula c ON c.tenant_id = t.tenant_id AND c.id = t.curriculum_id
    WHERE t.tenant_id = session.curriculum_tenant AND t.curriculum_id = session.curriculum_id AND t.id = topic
      AND c.revision = session.curriculum_revision
    UNION ALL
    SELECT p.tenant_id, p.curriculum_id, p.id, p.catalog, p.title, p.description, p.type, p.order_index, p.duration,
           p.segment_count, p.assessment_count, p.segments, p.objectives, p.misconceptions, p.examples, p.assessments,
           p.embedded_assets, p.reference_assets
    FROM past_topics p
    WHERE p.tenant_id = session.curriculum_tenant AND p.curriculum_id = session.curriculum_id AND p.id = topic
      AND p.revision = session.curriculum_revision
    UNION ALL
    SELECT f.* FROM find_topic(session.tenant_id, session.curriculum_id, topic) f
    WHERE NOT session_is_pinned(session);
END;

-- The topics beside one that session_topic found, in the same version.
CREATE FUNCTION session_topics(session learning_sessions, owner uuid, curriculum text)
    RETURNS TABLE (id text, title text, order_index int) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.id, p.title, p.order_index FROM past_topics p
    WHERE p.tenant_id = owner AND p.curriculum_id = curriculum AND p.revision = session.curriculum_revision
      AND owner = session.curriculum_tenant AND curriculum = session.curriculum_id
    UNION ALL
    SELECT t.id, t.title, t.order_index FROM topics t
    WHERE t.tenant_id = owner AND t.curriculum_id = curriculum
      AND NOT EXISTS (SELECT FROM past_curricula p
                      WHERE p.tenant_id = owner AND p.id = curriculum AND p.revision = session.curriculum_revision
                        AND owner = session.curriculum_tenant AND curriculum = session.curriculum_id);
END;

-- As before, in the version of the topic that the session teaches.
-- Note how far a session's learner has come in its topic, and the time spent since this was noted last. A session on a
-- topic that is not stored, or whose lesson the client brought, leaves no progress.
CREATE OR REPLACE FUNCTION note_progress(tenant uuid, session uuid) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO progress AS p (tenant_id, user_id, curriculum_id, topic_id, topic_title, position, offset_ms, farthest,
                               passages, spent_ms, completed_at)
    SELECT s.tenant_id, s.user_id, t.curriculum_id, t.id, t.title, least(s.position, t.segment_count), s.offset_ms,
           least(s.position, t.segment_count), t.segment_count, greatest(0, session_active_ms(s) - s.counted_ms),
           CASE WHEN t.segment_count > 0 AND s.position >= t.segment_count THEN now() END
    FROM learning_sessions s, LATERAL session_topic(s, s.topic_id) t
    WHERE s.tenant_id = tenant AND s.id = session AND s.topic_id <> '' AND s.material IS NULL
      AND s.started_at IS NOT NULL
    ON CONFLICT (tenant_id, user_id, curriculum_id, topic_id) DO UPDATE SET
        topic_title = excluded.topic_title, position = excluded.position, offset_ms = excluded.offset_ms,
        farthest = least(greatest(p.farthest, excluded.farthest), excluded.passages), passages = excluded.passages,
        spent_ms = p.spent_ms + excluded.spent_ms, completed_at = coalesce(p.completed_at, excluded.completed_at),
        updated_at = now();
    UPDATE learning_sessions s SET counted_ms = session_active_ms(s) WHERE s.tenant_id = tenant AND s.id = session;
END;

-- Before a curriculum is changed: refuse whoever does not teach, except on a trusted network without accounts, and lock
-- it for the rest of the transaction. Refuses PT404 and, for shared content, PT403 when the tenant has none of its own;
-- PT404 and PT409 when it is to be in the archive or outside (null: either) and is not; PT409 when `seen`, the revision
-- the writer last read, is no longer the present one.
CREATE FUNCTION claim_curriculum(tenant uuid, curriculum text, trusted boolean, may_be_new boolean,
                                 in_archive boolean, seen int) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    held record;
BEGIN
    IF NOT (trusted OR app_teaches()) THEN
        PERFORM refuse('PT403', 'only who teaches in this tenant may write its curricula',
                       '{"code": "not_an_author"}');
    END IF;
    SELECT c.revision, c.archived_at INTO held FROM curricula c
    WHERE c.tenant_id = tenant AND c.id = curriculum FOR UPDATE;
    IF NOT FOUND THEN
        IF may_be_new AND seen IS NULL THEN
            RETURN;
        -- app_parent comes with a later migration; what is read from elsewhere is not this tenant's to change.
        ELSIF EXISTS (SELECT FROM curricula c
                      WHERE c.tenant_id IN (public_tenant(), app_parent()) AND c.id = curriculum) THEN
            PERFORM refuse('PT403', format('curriculum %s is shared: import a copy to change it', curriculum),
                           '{"code": "read_only"}');
        END IF;
        PERFORM refuse('PT404', format('curriculum %s not found', curriculum));
    ELSIF in_archive AND held.archived_at IS NULL THEN
        PERFORM refuse('PT404', format('curriculum %s is not in the archive', curriculum));
    ELSIF NOT in_archive AND held.archived_at IS NOT NULL THEN
        PERFORM refuse('PT409', format('curriculum %s is archived: take it out of the archive first', curriculum),
                       '{"code": "archived"}');
    ELSIF held.revision <> seen THEN
        PERFORM refuse('PT409', format('curriculum %s was changed by somebody else: read it again', curriculum),
                       '{"code": "edited_meanwhile"}');
    END IF;
END $$;

-- Words as they are found: whole words in any of their forms, and the beginnings of words as they are typed.
CREATE FUNCTION words_to_find(words text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN numnode(typed.simple) = 0 THEN typed.simple
                WHEN numnode(typed.english) = 0 THEN (typed.simple::text || ':*')::tsquery
                ELSE typed.english || (typed.simple::text || ':*')::tsquery END
    FROM (SELECT plainto_tsquery('simple', words) AS simple, plainto_tsquery('english', words) AS english) typed;
END;

-- The curricula that hold all of the words, best first; text without any word is looked for literally in the titles.
-- Like search_curricula it works as a role that sees every row, so that its index is used.
GRANT SELECT (title, difficulty) ON curricula TO unamentis_search;
CREATE FUNCTION find_curricula(tenant uuid, words text, wanted_status text, wanted_difficulty text, most int, skip int)
    RETURNS TABLE (tenant_id uuid, curriculum_id text, place bigint, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted tsquery := words_to_find(words);
    -- its own, the organisation's where it is a team, and the public ones; a nearer one shadows the others
    visible uuid[] := app_readable();
BEGIN
    IF tenant IS DISTINCT FROM app_tenant() THEN
        PERFORM refuse('PT403', 'a search stays inside its own tenant');
    END IF;
    IF numnode(wanted) = 0 THEN
        RETURN QUERY
            SELECT c.tenant_id, c.id, row_number() OVER (ORDER BY c.title, c.id), count(*) OVER ()
            FROM curricula c
            WHERE c.tenant_id = ANY (visible) AND strpos(lower(c.title), lower(words)) > 0
              AND (c.status = wanted_status OR wanted_status IS NULL AND c.status <> 'archived')
              AND (wanted_difficulty IS NULL OR lower(c.difficulty) = lower(wanted_difficulty))
              AND (c.tenant_id = tenant OR NOT EXISTS (
                   SELECT FROM curricula near WHERE near.tenant_id = ANY (visible) AND near.id = c.id
                                                AND is_nearer(near.tenant_id, c.tenant_id)))
            ORDER BY 3 LIMIT most OFFSET skip;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.tenant_id, c.id, row_number() OVER (ORDER BY ts_rank(c.search, wanted, 1) DESC, c.title, c.id),
               count(*) OVER ()
        FROM curricula c
        WHERE c.search @@ wanted AND c.tenant_id = ANY (visible)
          AND (c.status = wanted_status OR wanted_status IS NULL AND c.status <> 'archived')
          AND (wanted_difficulty IS NULL OR lower(c.difficulty) = lower(wanted_difficulty))
          AND (c.tenant_id = tenant OR NOT EXISTS (
               SELECT FROM curricula near WHERE near.tenant_id = ANY (visible) AND near.id = c.id
                                            AND is_nearer(near.tenant_id, c.tenant_id)))
        ORDER BY 3 LIMIT most OFFSET skip;
END $$;
GRANT CREATE ON SCHEMA public TO unamentis_search;
ALTER FUNCTION find_curricula OWNER TO unamentis_search;
REVOKE CREATE ON SCHEMA public FROM unamentis_search;
REVOKE ALL ON FUNCTION find_curricula FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_curricula TO unamentis_app;
