-- How the processes of a deployment rest, as its staff set it: modes of their own, and the choice that holds. Nobody's
-- data: no row belongs to a tenant, and none tells of one.

CREATE TABLE idle_modes (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    -- Without use, after which a process is warm, cool, cold and dormant; each is at least the one before.
    seconds int[] NOT NULL,
    enabled boolean NOT NULL,
    CHECK (cardinality(seconds) = 4 AND 0 < seconds[1] AND seconds[1] <= seconds[2] AND seconds[2] <= seconds[3]
           AND seconds[3] <= seconds[4])
);

-- One row, once somebody has chosen: a mode that comes with the software, one of idle_modes, or seconds alone.
CREATE TABLE idle_choice (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    builtin text,
    mode_id uuid REFERENCES idle_modes,
    seconds int[],
    -- Null: as the mode says.
    enabled boolean,
    CHECK (num_nonnulls(builtin, mode_id, seconds) = 1),
    CHECK (cardinality(seconds) = 4 AND 0 < seconds[1] AND seconds[1] <= seconds[2] AND seconds[2] <= seconds[3]
           AND seconds[3] <= seconds[4])
);
CREATE INDEX idle_choice_mode ON idle_choice (mode_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON idle_modes TO unamentis_app;
GRANT SELECT, INSERT, UPDATE ON idle_choice TO unamentis_app;

-- Refuse whoever has no say in what the whole deployment does: it is for those who teach or run a school or a team, which
-- administrators made. Everybody who registers owns a tenant, of one person.
CREATE FUNCTION require_deployment_staff(trusted boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (trusted OR (app_teaches() AND EXISTS (
        SELECT FROM tenants WHERE tenant_id = app_tenant() AND kind IN ('team', 'organisation')))) THEN
        PERFORM refuse('PT403', 'only who teaches or runs a school or a team may say how the server rests',
                       '{"code": "forbidden"}');
    END IF;
END $$;

-- Keep another mode, unless there are `most` already.
CREATE FUNCTION add_idle_mode(mode idle_modes, most int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE idle_modes IN SHARE ROW EXCLUSIVE MODE;
    IF (SELECT count(*) FROM idle_modes) >= most THEN
        PERFORM refuse('PT409', format('there are %s profiles already: delete one first', most),
                       '{"code": "too_many_profiles"}');
    END IF;
    INSERT INTO idle_modes SELECT mode.*;
END $$;

-- Forget a mode; answers whether there was one. The one that is chosen stays, whoever chooses at the same time.
CREATE FUNCTION forget_idle_mode(mode text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM idle_modes WHERE id::text = mode;
    RETURN FOUND;
EXCEPTION WHEN foreign_key_violation THEN
    PERFORM refuse('PT409', 'the profile is in use: choose another mode first', '{"code": "profile_in_use"}');
END $$;

-- Take a choice in place of the one before.
CREATE FUNCTION choose_idle(choice idle_choice) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    choice.single := true;
    INSERT INTO idle_choice SELECT choice.*
    ON CONFLICT (single) DO UPDATE
    SET builtin = excluded.builtin, mode_id = excluded.mode_id, seconds = excluded.seconds, enabled = excluded.enabled;
EXCEPTION WHEN foreign_key_violation THEN
    PERFORM refuse('PT400', 'mode: one of those that GET /api/system/idle/modes lists',
                   '{"details": {"mode": "one of those that GET /api/system/idle/modes lists"}}');
END $$;

-- Every process hears of it, on the channel of session news.
CREATE FUNCTION tell_idle_settings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session_news', jsonb_build_object('tenant', public_tenant(), 'event', 'idle_settings')::text);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_idle_modes AFTER INSERT OR UPDATE OR DELETE ON idle_modes
    FOR EACH STATEMENT EXECUTE FUNCTION tell_idle_settings();
CREATE TRIGGER tell_idle_choice AFTER INSERT OR UPDATE ON idle_choice
    FOR EACH STATEMENT EXECUTE FUNCTION tell_idle_settings();
