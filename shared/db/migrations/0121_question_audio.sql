-- Whether a question is spoken: noted when its sound is prepared, and no longer true once its words are others or the
-- sound is gone. Lists, filters and what packs add up to read it.

CREATE FUNCTION unspoken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.has_audio := false;
    RETURN NEW;
END $$;
CREATE TRIGGER unspoken BEFORE UPDATE ON questions FOR EACH ROW
    WHEN (NEW.has_audio AND NEW.question_text IS DISTINCT FROM OLD.question_text) EXECUTE FUNCTION unspoken();

-- cross-tenant: a shared question is spoken once for everybody, by a job of whichever tenant ordered it first. Works as
-- the owner, on questions and the counts of their packs, while this setting says so.
CREATE POLICY voicing ON questions TO CURRENT_USER USING (current_setting('app.voicing', true) = 'on');
CREATE POLICY voicing ON packs TO CURRENT_USER USING (current_setting('app.voicing', true) = 'on');
CREATE POLICY voicing ON pack_questions TO CURRENT_USER USING (current_setting('app.voicing', true) = 'on');

-- Note of some questions, by owner and id, whether they are spoken. What the tenant at hand cannot read, and what was
-- changed after `read_at`, when its words were read, stays as it is.
CREATE FUNCTION note_question_audio(owners uuid[], ids text[], read_at timestamptz, is_there boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    owner uuid;
BEGIN
    PERFORM set_config('app.voicing', 'on', true);
    FOR owner IN
        SELECT DISTINCT q.tenant_id
        FROM unnest(owners, ids) AS told (tenant_id, id) JOIN questions q USING (tenant_id, id)
        WHERE q.has_audio <> is_there AND q.updated_at <= read_at AND q.tenant_id = ANY (app_readable())
        ORDER BY q.tenant_id
    LOOP
        -- As `hold_questions` does for the tenant at hand.
        PERFORM pg_advisory_xact_lock(8766016, hashtext(owner::text));
        UPDATE questions q SET has_audio = is_there
        FROM unnest(owners, ids) AS told (tenant_id, id)
        WHERE q.tenant_id = owner AND told.tenant_id = owner AND q.id = told.id
          AND q.has_audio <> is_there AND q.updated_at <= read_at;
    END LOOP;
    PERFORM set_config('app.voicing', '', true);
END $$;
REVOKE ALL ON FUNCTION note_question_audio FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_question_audio TO unamentis_app;
