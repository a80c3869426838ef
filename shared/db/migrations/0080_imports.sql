-- Courses from elsewhere: what was imported, what is being imported, what was uploaded for it, and how a tenant's sources
-- are set.

-- Which course became which curriculum: one row for each import that came to its end.
CREATE TABLE imported_courses (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    job_id uuid NOT NULL,
    source_id text NOT NULL,
    course_id text NOT NULL,
    curriculum_id text NOT NULL,
    -- Of the course's bytes, as its source had them then.
    revision text NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, job_id)
);
CREATE INDEX imported_courses_course ON imported_courses (tenant_id, source_id, course_id, imported_at DESC);
CALL protect('imported_courses');

-- Topics of a curriculum that is not there yet. They go when it comes, or with their job.
CREATE TABLE staged_topics (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    job_id uuid NOT NULL,
    position int NOT NULL CHECK (position >= 0),
    key text NOT NULL,
    -- A UMCF node; null where the topic has nothing to say.
    node jsonb,
    -- Terms its words need, as UMCF's glossary has them.
    terms jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (tenant_id, job_id, position),
    FOREIGN KEY (tenant_id, job_id) REFERENCES jobs ON DELETE CASCADE
);
CALL protect('staged_topics');

-- Files people brought for an import; the bytes are in the object store.
CREATE TABLE import_uploads (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    size int NOT NULL,
    revision text NOT NULL,
    license text NOT NULL DEFAULT '',
    topics int NOT NULL,
    object_key text NOT NULL,
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX import_uploads_created ON import_uploads (tenant_id, created_at DESC, id DESC);
CREATE INDEX import_uploads_creator ON import_uploads (created_by) WHERE created_by IS NOT NULL;
CALL protect('import_uploads');

-- How a tenant has set its sources; without any row all of them are on, as they come.
CREATE TABLE plugin_settings (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    plugin_id text NOT NULL,
    enabled boolean NOT NULL,
    priority int NOT NULL DEFAULT 100,
    settings jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, plugin_id)
);
CALL protect('plugin_settings');

-- Consoles watch imports by a message of their own.
CREATE FUNCTION tell_import() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_update(NEW.tenant_id, 'import_progress', jsonb_build_object(
        'job_id', NEW.id, 'jobId', NEW.id, 'progress', NEW.progress, 'overallProgress', round((NEW.progress * 100)::numeric, 1),
        'status', CASE WHEN NEW.status = 'running' AND NEW.stage <> '' THEN NEW.stage
                       WHEN NEW.status IN ('running', 'paused') THEN 'queued' ELSE NEW.status END,
        'current_topic', NEW.item), NEW.user_id, 'current_topic');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_import AFTER UPDATE ON jobs FOR EACH ROW
    WHEN (NEW.kind = 'course_import' AND (NEW.status <> OLD.status OR NEW.stage <> OLD.stage
                                          OR floor(NEW.progress * 100) <> floor(OLD.progress * 100)))
    EXECUTE FUNCTION tell_import();

-- Who brings courses into a tenant: who teaches there; on a trusted network without accounts everybody, and an
-- administrator into what everybody reads.
CREATE FUNCTION require_importer(trusted boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (trusted OR app_teaches()) THEN
        PERFORM refuse('PT403', 'only who teaches in this tenant may import courses and set their sources',
                       '{"code": "not_an_author"}');
    END IF;
END $$;
