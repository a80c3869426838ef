-- Packs of a team may hold questions of its organisation and be made of its packs, as they may of shared ones.

CREATE OR REPLACE FUNCTION meant_packs(ids text[]) RETURNS TABLE (tenant_id uuid, id text, place bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (wanted.id) p.tenant_id, wanted.id, wanted.place
    FROM unnest(ids) WITH ORDINALITY AS wanted (id, place)
         JOIN packs p ON p.id = wanted.id AND p.tenant_id = ANY ((SELECT app_readable())::uuid[])
    ORDER BY wanted.id, p.tenant_id = app_tenant() DESC, p.tenant_id DESC, wanted.place;
END;

CREATE OR REPLACE FUNCTION meant_questions(ids text[]) RETURNS TABLE (tenant_id uuid, id text, place bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (wanted.id) q.tenant_id, wanted.id, wanted.place
    FROM unnest(ids) WITH ORDINALITY AS wanted (id, place)
         JOIN questions q ON q.id = wanted.id AND q.tenant_id = ANY ((SELECT app_readable())::uuid[])
    ORDER BY wanted.id, q.tenant_id = app_tenant() DESC, q.tenant_id DESC, wanted.place;
END;

-- What is read from elsewhere is not written here: PT403 instead of PT404.
CREATE OR REPLACE FUNCTION hold_pack(pack text, seen int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present int;
BEGIN
    PERFORM hold_questions();
    SELECT p.revision INTO present FROM packs p WHERE p.tenant_id = app_tenant() AND p.id = pack FOR UPDATE;
    IF present <> seen THEN
        PERFORM refuse('PT409', format('pack %s was changed by somebody else: read it again', pack),
                       '{"code": "edited_meanwhile"}');
    ELSIF present IS NULL AND EXISTS (SELECT FROM packs p WHERE p.tenant_id = ANY (app_readable()) AND p.id = pack) THEN
        PERFORM refuse('PT403', format('pack %s is shared: it is written where it belongs', pack),
                       '{"code": "read_only"}');
    ELSIF present IS NULL THEN
        PERFORM refuse('PT404', format('pack %s not found', pack));
    END IF;
END $$;

CREATE OR REPLACE FUNCTION hold_question(question text, seen int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present int;
BEGIN
    PERFORM hold_questions();
    SELECT q.revision INTO present FROM questions q WHERE q.tenant_id = app_tenant() AND q.id = question FOR UPDATE;
    IF present <> seen THEN
        PERFORM refuse('PT409', format('question %s was changed by somebody else: read it again', question),
                       '{"code": "edited_meanwhile"}');
    ELSIF present IS NULL
          AND EXISTS (SELECT FROM questions q WHERE q.tenant_id = ANY (app_readable()) AND q.id = question) THEN
        PERFORM refuse('PT403', format('question %s is shared: it is written where it belongs', question),
                       '{"code": "read_only"}');
    ELSIF present IS NULL THEN
        PERFORM refuse('PT404', format('question %s not found', question));
    END IF;
END $$;

-- A link leads to the tenant itself, to the shared content or, which no row can tell by itself, to its organisation.
ALTER TABLE pack_questions DROP CONSTRAINT pack_questions_check;
ALTER TABLE pack_sources DROP CONSTRAINT pack_sources_check;
CREATE FUNCTION refuse_strangers_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('PT403', 'a pack holds nothing of another tenant');
    RETURN NEW;
END $$;
CREATE TRIGGER own_or_readable BEFORE INSERT OR UPDATE ON pack_questions FOR EACH ROW
    WHEN (NEW.question_tenant_id <> NEW.tenant_id AND NEW.question_tenant_id <> public_tenant()
          AND NEW.question_tenant_id IS DISTINCT FROM app_parent())
    EXECUTE FUNCTION refuse_strangers_content();
CREATE TRIGGER own_or_readable BEFORE INSERT OR UPDATE ON pack_sources FOR EACH ROW
    WHEN (NEW.source_tenant_id <> NEW.tenant_id AND NEW.source_tenant_id <> public_tenant()
          AND NEW.source_tenant_id IS DISTINCT FROM app_parent())
    EXECUTE FUNCTION refuse_strangers_content();
