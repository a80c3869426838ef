-- What is taught: knowledge-bowl domains, questions and packs; curricula, their topics and assets.
-- Content ids are text and belong to their tenant; a tenant's own row shadows the public one with the same id.

CREATE TABLE question_domains (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id text NOT NULL,
    name text NOT NULL,
    icon_name text NOT NULL DEFAULT '',
    weight double precision NOT NULL DEFAULT 0 CHECK (weight BETWEEN 0 AND 1),
    subcategories text[] NOT NULL DEFAULT '{}',
    position int NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CALL protect('question_domains', true);

CREATE TABLE questions (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id text NOT NULL,
    domain_id text NOT NULL,
    subcategory text NOT NULL DEFAULT '',
    question_text text NOT NULL,
    answer_text text NOT NULL,
    answer_type text NOT NULL DEFAULT 'text',
    acceptable_answers text[] NOT NULL DEFAULT '{}',
    difficulty int NOT NULL DEFAULT 3 CHECK (difficulty BETWEEN 1 AND 5),
    difficulty_tier text,
    speed_target_seconds int NOT NULL DEFAULT 5 CHECK (speed_target_seconds > 0),
    question_type text NOT NULL DEFAULT 'toss_up'
        CHECK (question_type IN ('toss_up', 'bonus', 'pyramid', 'lightning')),
    question_source text,
    competition_year int,
    buzzable boolean NOT NULL DEFAULT true,
    hints text[] NOT NULL DEFAULT '{}',
    explanation text NOT NULL DEFAULT '',
    -- what only one question type has: a bonus's lead-in and parts, a pyramid's clues
    details jsonb NOT NULL DEFAULT '{}',
    has_audio boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'draft', 'archived')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX questions_domain ON questions (tenant_id, domain_id, subcategory, id);
CALL protect('questions', true);

CREATE TABLE packs (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    type text NOT NULL DEFAULT 'custom' CHECK (type IN ('system', 'custom', 'bundle')),
    difficulty_tier text NOT NULL DEFAULT 'varsity',
    competition_year int,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('active', 'draft', 'archived')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX packs_name ON packs (tenant_id, name, id);
CALL protect('packs', true);

-- A pack may hold public questions beside its tenant's own.
CREATE TABLE pack_questions (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    pack_id text NOT NULL,
    question_tenant_id uuid NOT NULL,
    question_id text NOT NULL,
    position int NOT NULL,
    PRIMARY KEY (tenant_id, pack_id, question_id),
    FOREIGN KEY (tenant_id, pack_id) REFERENCES packs ON DELETE CASCADE,
    FOREIGN KEY (question_tenant_id, question_id) REFERENCES questions ON DELETE CASCADE,
    CHECK (question_tenant_id IN (tenant_id, public_tenant()))
);
CREATE INDEX pack_questions_order ON pack_questions (tenant_id, pack_id, position);
CREATE INDEX pack_questions_question ON pack_questions (question_tenant_id, question_id);
CALL protect('pack_questions', true);

-- How many questions of a pack agree in domain, subcategory, difficulty and type, and how many of them have audio.
CREATE FUNCTION pack_cells(tenant uuid, pack text) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(to_jsonb(cell)), '[]') FROM (
        SELECT q.domain_id, q.subcategory, q.difficulty, q.question_type,
               count(*) AS questions, count(*) FILTER (WHERE q.has_audio) AS voiced
        FROM pack_questions pq JOIN questions q ON q.tenant_id = pq.question_tenant_id AND q.id = pq.question_id
        WHERE pq.tenant_id = tenant AND pq.pack_id = pack
        GROUP BY q.domain_id, q.subcategory, q.difficulty, q.question_type
    ) cell;
END;

CREATE TABLE curricula (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id text NOT NULL,
    -- the UMCF document as it came; everything below is derived from it
    document jsonb NOT NULL,
    catalog text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    version text NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    language text NOT NULL,
    difficulty text NOT NULL,
    age_range text NOT NULL,
    duration text NOT NULL,
    keywords text[] NOT NULL,
    author text,
    grade_level text,
    source text,
    topic_count int NOT NULL,
    visual_asset_count int NOT NULL,
    glossary jsonb NOT NULL,
    objectives jsonb NOT NULL,
    search tsvector NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX curricula_title ON curricula (tenant_id, title, id);
CREATE INDEX curricula_search ON curricula USING gin (search);
CALL protect('curricula', true);

CREATE TABLE topics (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    curriculum_id text NOT NULL,
    id text NOT NULL,
    catalog text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    type text NOT NULL,
    order_index int NOT NULL,
    duration text,
    segment_count int NOT NULL,
    assessment_count int NOT NULL,
    segments jsonb NOT NULL,
    objectives jsonb NOT NULL,
    misconceptions jsonb NOT NULL,
    examples jsonb NOT NULL,
    assessments jsonb NOT NULL,
    embedded_assets jsonb NOT NULL,
    reference_assets jsonb NOT NULL,
    PRIMARY KEY (tenant_id, curriculum_id, id),
    FOREIGN KEY (tenant_id, curriculum_id) REFERENCES curricula ON DELETE CASCADE
);
CREATE INDEX topics_order ON topics (tenant_id, curriculum_id, order_index);
CALL protect('topics', true);

CREATE TABLE assets (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    curriculum_id text NOT NULL,
    file_name text NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    sha256 text NOT NULL GENERATED ALWAYS AS (encode(sha256(body), 'hex')) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, curriculum_id, file_name),
    FOREIGN KEY (tenant_id, curriculum_id) REFERENCES curricula ON DELETE CASCADE
);
CALL protect('assets', true);

-- Full-text search cannot use its index behind a row filter, because @@ is not leakproof. So one function searches as
-- a role that sees every row, takes the tenant explicitly, and answers nothing but that tenant's and the public ids.
DO $$ BEGIN
    CREATE ROLE unamentis_search NOLOGIN NOSUPERUSER NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
GRANT unamentis_search TO CURRENT_USER;
GRANT SELECT (tenant_id, id, status, search) ON curricula TO unamentis_search;
CREATE POLICY searched ON curricula FOR SELECT TO unamentis_search USING (true);

-- Any word may match; the best match comes first, long curricula without advantage. Archived curricula and shadowed public ones are left out.
CREATE FUNCTION search_curricula(tenant uuid, words text, most int) RETURNS TABLE (curriculum_id text, rank real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted tsquery := replace(plainto_tsquery('english', words)::text, ' & ', ' | ')::tsquery;
BEGIN
    IF tenant IS DISTINCT FROM app_tenant() THEN
        PERFORM refuse('PT403', 'a search stays inside its own tenant');
    END IF;
    RETURN QUERY
        SELECT c.id, ts_rank(c.search, wanted, 1) AS score FROM curricula c
        WHERE c.search @@ wanted AND c.status <> 'archived' AND c.tenant_id IN (tenant, public_tenant())
          AND (c.tenant_id = tenant
               OR NOT EXISTS (SELECT FROM curricula own WHERE own.tenant_id = tenant AND own.id = c.id))
        ORDER BY score DESC, c.id LIMIT most;
END $$;
GRANT CREATE ON SCHEMA public TO unamentis_search;
ALTER FUNCTION search_curricula OWNER TO unamentis_search;
REVOKE CREATE ON SCHEMA public FROM unamentis_search;
REVOKE ALL ON FUNCTION search_curricula FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_curricula TO unamentis_app;
