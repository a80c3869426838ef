-- Knowledge bowl, complete: bundles, revisions, exact counts that lists read without counting, full-text search over
-- questions, and what a tenant says about modules.

ALTER TABLE packs
    -- moves with every change of the pack's own fields: two people who edit at once notice each other
    ADD COLUMN revision int NOT NULL DEFAULT 1,
    -- follows its sources instead of holding questions itself
    ADD COLUMN is_reference boolean NOT NULL DEFAULT false,
    ADD COLUMN deduplication text CHECK (deduplication IN ('keep_first', 'keep_all', 'manual')),
    ADD COLUMN excluded_questions text[] NOT NULL DEFAULT '{}',
    -- the counts of pack_cells over the questions of the pack's own tenant, kept by triggers
    ADD COLUMN cells jsonb NOT NULL DEFAULT '[]',
    ADD CHECK (NOT is_reference OR (type = 'bundle' AND deduplication IS NOT NULL));

-- The tenant is a word of every question's text vector: one index finds words inside a tenant at once.
ALTER TABLE questions
    ADD COLUMN revision int NOT NULL DEFAULT 1,
    -- the same for questions that ask the same
    ADD COLUMN text_key text NOT NULL GENERATED ALWAYS AS (md5(lower(btrim(question_text)))) STORED,
    ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('english', question_text) || to_tsvector('english', answer_text)
        || to_tsvector('english', subcategory)
        || to_tsvector('simple', 'tenant' || replace(tenant_id::text, '-', ''))) STORED;
CREATE INDEX questions_search ON questions USING gin (search);
-- A list's order and everything it filters by: neither a page nor a count reads the table's own rows.
DROP INDEX questions_domain;
CREATE INDEX questions_listing ON questions (tenant_id, domain_id, subcategory, id)
    INCLUDE (difficulty, question_type, status, has_audio);
CREATE INDEX pack_questions_shared ON pack_questions (tenant_id, pack_id) WHERE question_tenant_id <> tenant_id;

-- What a bundle was made of; a reference bundle goes on following it.
CREATE TABLE pack_sources (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    pack_id text NOT NULL,
    source_tenant_id uuid NOT NULL,
    source_id text NOT NULL,
    position int NOT NULL,
    PRIMARY KEY (tenant_id, pack_id, source_tenant_id, source_id),
    FOREIGN KEY (tenant_id, pack_id) REFERENCES packs ON DELETE CASCADE,
    FOREIGN KEY (source_tenant_id, source_id) REFERENCES packs ON DELETE CASCADE,
    CHECK (source_tenant_id IN (tenant_id, public_tenant()))
);
CREATE INDEX pack_sources_source ON pack_sources (source_tenant_id, source_id);
CALL protect('pack_sources', true);

-- What a tenant's teachers decided about a module; without a row its own defaults hold.
CREATE TABLE module_settings (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    module_id text NOT NULL,
    enabled boolean NOT NULL,
    feature_overrides jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, module_id)
);
CALL protect('module_settings');

-- The questions of several packs together, in the packs' order. Which of two that ask the same stays: the first
-- (keep_first) or both (keep_all, manual); a question that two packs share is there once. Those left out name the one
-- that stays in their place.
CREATE FUNCTION merged_links(source_tenants uuid[], source_ids text[], strategy text, excluded text[])
    RETURNS TABLE (question_tenant_id uuid, question_id text, place bigint, duplicate_of text)
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH gathered AS (
        SELECT l.question_tenant_id AS owner, l.question_id AS id, q.text_key AS asked,
               row_number() OVER (ORDER BY s.rank, l.place, l.question_id) AS at
        FROM unnest(source_tenants, source_ids) WITH ORDINALITY AS s (tenant, pack, rank),
             LATERAL pack_links(s.tenant, s.pack) l
             JOIN questions q ON q.tenant_id = l.question_tenant_id AND q.id = l.question_id
        WHERE NOT l.question_id = ANY(excluded)
    ), compared AS (
        SELECT g.*, row_number() OVER same_id AS nth_of_id, first_value(g.id) OVER same_text AS first_asked,
               CASE WHEN strategy = 'keep_first' THEN row_number() OVER same_text ELSE 1 END AS nth_of_text
        FROM gathered g
        WINDOW same_id AS (PARTITION BY g.id ORDER BY g.at), same_text AS (PARTITION BY g.asked ORDER BY g.at)
    )
    SELECT c.owner, c.id, c.at,
           CASE WHEN c.nth_of_text > 1 THEN c.first_asked WHEN c.nth_of_id > 1 THEN c.id END
    FROM compared c;
END $$;

-- The questions a pack holds, or follows, in its order.
CREATE FUNCTION pack_links(tenant uuid, pack text)
    RETURNS TABLE (question_tenant_id uuid, question_id text, place bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    bundle record;
BEGIN
    SELECT p.deduplication, p.excluded_questions INTO bundle
    FROM packs p WHERE p.tenant_id = tenant AND p.id = pack AND p.is_reference;
    IF FOUND THEN
        RETURN QUERY
            SELECT m.question_tenant_id, m.question_id, m.place
            FROM (SELECT array_agg(s.source_tenant_id ORDER BY s.position) AS tenants,
                         array_agg(s.source_id ORDER BY s.position) AS ids
                  FROM pack_sources s WHERE s.tenant_id = tenant AND s.pack_id = pack) source,
                 merged_links(source.tenants, source.ids, bundle.deduplication, bundle.excluded_questions) m
            WHERE m.duplicate_of IS NULL;
    ELSE
        RETURN QUERY
            SELECT pq.question_tenant_id, pq.question_id, pq.position::bigint
            FROM pack_questions pq WHERE pq.tenant_id = tenant AND pq.pack_id = pack;
    END IF;
END $$;

-- What some ids mean to the tenant at hand: its own pack (question) of that name, else the public one.
CREATE FUNCTION meant_packs(ids text[]) RETURNS TABLE (tenant_id uuid, id text, place bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (wanted.id) p.tenant_id, wanted.id, wanted.place
    FROM unnest(ids) WITH ORDINALITY AS wanted (id, place)
         JOIN packs p ON p.id = wanted.id AND p.tenant_id IN (app_tenant(), public_tenant())
    ORDER BY wanted.id, p.tenant_id = app_tenant() DESC, wanted.place;
END;

CREATE FUNCTION meant_questions(ids text[]) RETURNS TABLE (tenant_id uuid, id text, place bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (wanted.id) q.tenant_id, wanted.id, wanted.place
    FROM unnest(ids) WITH ORDINALITY AS wanted (id, place)
         JOIN questions q ON q.id = wanted.id AND q.tenant_id IN (app_tenant(), public_tenant())
    ORDER BY wanted.id, q.tenant_id = app_tenant() DESC, wanted.place;
END;

-- The merged questions of some packs, by what their ids mean to the tenant at hand.
CREATE FUNCTION merged_packs(ids text[], strategy text, excluded text[])
    RETURNS TABLE (question_tenant_id uuid, question_id text, place bigint, duplicate_of text)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT m.question_tenant_id, m.question_id, m.place, m.duplicate_of
    FROM (SELECT array_agg(p.tenant_id ORDER BY p.place) AS tenants, array_agg(p.id ORDER BY p.place) AS packs
          FROM meant_packs(ids) p) source,
         merged_links(source.tenants, source.packs, strategy, excluded) m;
END;

-- What the knowledge-bowl module consists of: the active questions of the shared, active system packs.
CREATE FUNCTION module_questions(domains text[], levels int[]) RETURNS SETOF questions LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT q.* FROM questions q
    WHERE q.tenant_id = public_tenant() AND q.status = 'active'
      AND (domains IS NULL OR q.domain_id = ANY(domains)) AND (levels IS NULL OR q.difficulty = ANY(levels))
      AND EXISTS (SELECT FROM pack_questions pq JOIN packs p ON p.tenant_id = pq.tenant_id AND p.id = pq.pack_id
                  WHERE pq.question_tenant_id = q.tenant_id AND pq.question_id = q.id
                    AND pq.tenant_id = public_tenant() AND p.type = 'system' AND p.status = 'active');
END;

-- How many questions of a pack agree in domain, subcategory, difficulty and type, counted now.
CREATE OR REPLACE FUNCTION pack_cells(tenant uuid, pack text) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(to_jsonb(cell)), '[]') FROM (
        SELECT q.domain_id, q.subcategory, q.difficulty, q.question_type,
               count(*) AS questions, count(*) FILTER (WHERE q.has_audio) AS voiced
        FROM pack_links(tenant, pack) l JOIN questions q ON q.tenant_id = l.question_tenant_id AND q.id = l.question_id
        GROUP BY q.domain_id, q.subcategory, q.difficulty, q.question_type
        ORDER BY q.domain_id, q.subcategory, q.difficulty, q.question_type
    ) cell;
END;

-- The same over a pack's links to its own tenant's questions (own), or to shared ones.
CREATE FUNCTION linked_cells(tenant uuid, pack text, own boolean) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(to_jsonb(cell)), '[]') FROM (
        SELECT q.domain_id, q.subcategory, q.difficulty, q.question_type,
               count(*) AS questions, count(*) FILTER (WHERE q.has_audio) AS voiced
        FROM pack_questions pq JOIN questions q ON q.tenant_id = pq.question_tenant_id AND q.id = pq.question_id
        WHERE pq.tenant_id = tenant AND pq.pack_id = pack
          AND ((own AND pq.question_tenant_id = tenant)
               OR (NOT own AND pq.question_tenant_id <> pq.tenant_id))
        GROUP BY q.domain_id, q.subcategory, q.difficulty, q.question_type
        ORDER BY q.domain_id, q.subcategory, q.difficulty, q.question_type
    ) cell;
END;

-- What a list shows of a pack: the kept counts, and those of shared questions, which nobody here may keep.
CREATE FUNCTION shown_cells(pack packs) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN pack.is_reference THEN pack_cells(pack.tenant_id, pack.id)
        WHEN EXISTS (SELECT FROM pack_questions pq WHERE pq.tenant_id = pack.tenant_id AND pq.pack_id = pack.id
                     AND pq.question_tenant_id <> pq.tenant_id)
            THEN pack.cells || linked_cells(pack.tenant_id, pack.id, false)
        ELSE pack.cells
    END;
END;

-- Who changes links or what is counted of questions does so one after the other within a tenant; without that, a
-- question that moves to another domain while a pack takes it in would be counted in the old one for ever.
CREATE FUNCTION hold_questions() RETURNS void LANGUAGE sql
    RETURN pg_advisory_xact_lock(8766016, hashtext(app_tenant()::text));

CREATE FUNCTION hold_questions_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hold_questions();
    RETURN NULL;
END $$;

CREATE FUNCTION count_linked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE packs p SET cells = counted.cells
    FROM (SELECT t.tenant_id, t.pack_id, linked_cells(t.tenant_id, t.pack_id, true) AS cells
          FROM (SELECT DISTINCT c.tenant_id, c.pack_id FROM changed c) t) counted
    WHERE p.tenant_id = counted.tenant_id AND p.id = counted.pack_id AND p.cells IS DISTINCT FROM counted.cells;
    RETURN NULL;
END $$;

CREATE FUNCTION count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE packs p SET cells = counted.cells
    FROM (SELECT t.tenant_id, t.pack_id, linked_cells(t.tenant_id, t.pack_id, true) AS cells
          FROM (SELECT DISTINCT pq.tenant_id, pq.pack_id
                FROM old_rows o JOIN new_rows n USING (tenant_id, id)
                JOIN pack_questions pq ON pq.question_tenant_id = n.tenant_id AND pq.question_id = n.id
                                      AND pq.tenant_id = n.tenant_id
                WHERE (o.domain_id, o.subcategory, o.difficulty, o.question_type, o.has_audio)
                    IS DISTINCT FROM (n.domain_id, n.subcategory, n.difficulty, n.question_type, n.has_audio)) t
         ) counted
    WHERE p.tenant_id = counted.tenant_id AND p.id = counted.pack_id AND p.cells IS DISTINCT FROM counted.cells;
    RETURN NULL;
END $$;

CREATE TRIGGER hold_first BEFORE INSERT OR UPDATE OR DELETE ON pack_questions
    FOR EACH STATEMENT EXECUTE FUNCTION hold_questions_first();
CREATE TRIGGER hold_first BEFORE UPDATE ON questions FOR EACH STATEMENT EXECUTE FUNCTION hold_questions_first();
CREATE TRIGGER count_added AFTER INSERT ON pack_questions REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_linked();
CREATE TRIGGER count_moved AFTER UPDATE ON pack_questions REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_linked();
CREATE TRIGGER count_removed AFTER DELETE ON pack_questions REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_linked();
CREATE TRIGGER count_changed AFTER UPDATE ON questions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed();

-- A bundle never reaches itself through what it follows, and never through more than eight others.
CREATE FUNCTION refuse_circles() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reached record;
BEGIN
    WITH RECURSIVE follows AS (
        SELECT NEW.source_tenant_id AS tenant, NEW.source_id AS pack, 1 AS depth
        UNION
        SELECT s.source_tenant_id, s.source_id, f.depth + 1
        FROM follows f JOIN pack_sources s ON s.tenant_id = f.tenant AND s.pack_id = f.pack
        WHERE f.depth <= 8
    )
    SELECT bool_or(f.tenant = NEW.tenant_id AND f.pack = NEW.pack_id) AS itself, max(f.depth) AS depth INTO reached
    FROM follows f;
    IF reached.itself THEN
        PERFORM refuse('PT400', 'source_pack_ids: a bundle cannot hold itself, directly or through its sources',
                       '{"code": "bundle_of_itself"}');
    ELSIF reached.depth > 8 THEN
        PERFORM refuse('PT400', 'source_pack_ids: bundles may follow each other at most 8 deep',
                       '{"code": "bundle_too_deep"}');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_circles AFTER INSERT OR UPDATE ON pack_sources FOR EACH ROW EXECUTE FUNCTION refuse_circles();

-- Content is written by who teaches; on a trusted network without accounts, by everybody there.
CREATE FUNCTION require_author(trusted boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (trusted OR app_teaches()) THEN
        PERFORM refuse('PT403', 'only who teaches in this tenant may write its packs and questions',
                       '{"code": "not_an_author"}');
    END IF;
END $$;

-- Hold one of the tenant's own packs (questions) until the end of the transaction, or refuse: PT404, PT403 for shared
-- content, PT409 when `seen`, the revision the writer last read, is no longer the present one.
CREATE FUNCTION hold_pack(pack text, seen int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present int;
BEGIN
    PERFORM hold_questions();
    SELECT p.revision INTO present FROM packs p WHERE p.tenant_id = app_tenant() AND p.id = pack FOR UPDATE;
    IF present <> seen THEN
        PERFORM refuse('PT409', format('pack %s was changed by somebody else: read it again', pack),
                       '{"code": "edited_meanwhile"}');
    ELSIF present IS NULL AND EXISTS (SELECT FROM packs p WHERE p.tenant_id = public_tenant() AND p.id = pack) THEN
        PERFORM refuse('PT403', format('pack %s is shared: only operators write it', pack), '{"code": "read_only"}');
    ELSIF present IS NULL THEN
        PERFORM refuse('PT404', format('pack %s not found', pack));
    END IF;
END $$;

CREATE FUNCTION hold_question(question text, seen int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present int;
BEGIN
    PERFORM hold_questions();
    SELECT q.revision INTO present FROM questions q WHERE q.tenant_id = app_tenant() AND q.id = question FOR UPDATE;
    IF present <> seen THEN
        PERFORM refuse('PT409', format('question %s was changed by somebody else: read it again', question),
                       '{"code": "edited_meanwhile"}');
    ELSIF present IS NULL
          AND EXISTS (SELECT FROM questions q WHERE q.tenant_id = public_tenant() AND q.id = question) THEN
        PERFORM refuse('PT403', format('question %s is shared: only operators write it', question),
                       '{"code": "read_only"}');
    ELSIF present IS NULL THEN
        PERFORM refuse('PT404', format('question %s not found', question));
    END IF;
END $$;

-- What somebody typed, as a text query: every word must occur, the last one may be a beginning.
CREATE FUNCTION typed_query(words text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    beginning text := lower(substring(words FROM '[[:alnum:]]+$'));
    before tsquery;
    whole tsquery := plainto_tsquery('english', words);
    prefix tsquery;
BEGIN
    IF beginning IS NULL THEN
        RETURN whole;
    END IF;
    prefix := to_tsquery('simple', quote_literal(beginning) || ':*');
    before := plainto_tsquery('english', left(words, -length(beginning)));
    IF numnode(whole) = 0 THEN
        RETURN prefix;
    ELSIF numnode(before) > 0 THEN
        prefix := before && prefix;
    END IF;
    RETURN whole || prefix;
END $$;

-- Full-text search behind row-level security, as for curricula: it takes the tenant explicitly and answers nothing
-- but its own questions and the public ones it does not shadow. A filter that is null takes everything.
GRANT SELECT (tenant_id, id, domain_id, subcategory, difficulty, question_type, status, has_audio, search)
    ON questions TO unamentis_search;
CREATE POLICY searched ON questions FOR SELECT TO unamentis_search USING (true);
CREATE FUNCTION search_questions(
    tenant uuid, words text, domain text, within text, levels int[], kind text, voiced boolean, state text
) RETURNS TABLE (tenant_id uuid, id text, domain_id text, subcategory text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted tsquery := typed_query(words);
BEGIN
    IF tenant IS DISTINCT FROM app_tenant() THEN
        PERFORM refuse('PT403', 'a search stays inside its own tenant');
    ELSIF numnode(wanted) = 0 THEN
        RETURN;
    END IF;
    wanted := wanted && to_tsquery('simple', format('tenant%s | tenant%s', replace(tenant::text, '-', ''),
                                                    replace(public_tenant()::text, '-', '')));
    RETURN QUERY
        SELECT q.tenant_id, q.id, q.domain_id, q.subcategory FROM questions q
        WHERE q.search @@ wanted AND q.tenant_id IN (tenant, public_tenant())
          AND (domain IS NULL OR q.domain_id = domain) AND (within IS NULL OR q.subcategory = within)
          AND (levels IS NULL OR q.difficulty = ANY(levels)) AND (kind IS NULL OR q.question_type = kind)
          AND (voiced IS NULL OR q.has_audio = voiced) AND (state IS NULL OR q.status = state)
          AND (q.tenant_id = tenant
               OR NOT EXISTS (SELECT FROM questions own WHERE own.tenant_id = tenant AND own.id = q.id));
END $$;
GRANT CREATE ON SCHEMA public TO unamentis_search;
ALTER FUNCTION search_questions OWNER TO unamentis_search;
REVOKE CREATE ON SCHEMA public FROM unamentis_search;
REVOKE ALL ON FUNCTION search_questions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_questions TO unamentis_app;

-- Count what is there already. The rows belong to many tenants, so the owner looks past the row filter for this.
ALTER TABLE packs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE pack_questions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE questions NO FORCE ROW LEVEL SECURITY;
UPDATE packs p SET cells = linked_cells(p.tenant_id, p.id, true);
ALTER TABLE packs FORCE ROW LEVEL SECURITY;
ALTER TABLE pack_questions FORCE ROW LEVEL SECURITY;
ALTER TABLE questions FORCE ROW LEVEL SECURITY;
