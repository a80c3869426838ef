-- Leaving takes everything along: the rows, the tenants nobody else is in, and the objects, as a duty that is noted in
-- the same transaction. A copy of one's data holds every table that is about people, also those made later.

-- Remove a person: the account, everything that is theirs, and the tenants nobody else is in. What stays is what others
-- need: amounts of usage and entries of audit logs, under an id that names nobody any more. Which sentence was said to
-- whom is not kept, so the speech cached for a tenant where they learned goes as a whole; it is made again when needed.
-- Granted to nobody.
CREATE FUNCTION remove_person(person uuid, home uuid) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entered uuid := app_tenant();
    entered_as uuid := app_user();
    under_administration boolean := EXISTS (SELECT FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned());
    places uuid[];
    alone uuid[] := '{}';
    learned uuid[] := '{}';
    family uuid[];
    place uuid;
    one uuid;
    others boolean;
    other_owner boolean;
    erased jsonb;
BEGIN
    PERFORM app_enter(home, person);
    places := ARRAY(SELECT t.tenant_id FROM app_tenants() t WHERE t.role = 'owner' ORDER BY t.tenant_id);
    FOREACH place IN ARRAY places LOOP
        family := tenant_family(place);
        -- Nobody joins or leaves while we look.
        FOREACH one IN ARRAY family LOOP
            PERFORM app_enter(one, person);
            PERFORM FROM tenants t WHERE t.tenant_id = one FOR UPDATE;
        END LOOP;
        PERFORM set_config('app.removing', place::text, true);
        SELECT count(*) > 0, count(*) FILTER (WHERE m.role = 'owner' AND m.tenant_id = place) > 0
        INTO others, other_owner
        FROM memberships m WHERE m.tenant_id = ANY (family) AND m.user_id <> person;
        PERFORM set_config('app.removing', '', true);
        IF NOT others AND (NOT under_administration OR admin_reaches(place)) THEN
            alone := alone || place;
        ELSIF NOT other_owner THEN
            PERFORM refuse('PT409', CASE WHEN under_administration
                THEN 'the only owner of a tenant that others belong to or that you do not administer'
                ELSE 'you are the only owner of a tenant others belong to: make one of them its owner first' END,
                '{"code": "sole_owner"}');
        END IF;
    END LOOP;
    PERFORM app_enter(home, person);
    places := ARRAY(SELECT t.tenant_id FROM app_tenants() t);
    FOREACH place IN ARRAY places LOOP
        PERFORM app_enter(place, person);
        IF place <> ALL (alone)
           AND EXISTS (SELECT FROM learning_sessions l WHERE l.tenant_id = app_tenant() AND l.user_id = person) THEN
            learned := learned || place;
        END IF;
        -- Answers that are kept for repeated requests; nothing else of theirs fails to go with the account's row.
        DELETE FROM idempotency_keys k WHERE k.tenant_id = app_tenant() AND k.user_id = person;
    END LOOP;
    PERFORM app_enter(home, person);
    DELETE FROM mail_outbox o USING users u WHERE u.tenant_id = home AND u.id = person AND o.address = u.email;
    DELETE FROM rate_buckets b WHERE b.key = 'account:' || person;
    DELETE FROM users u WHERE u.tenant_id = home AND u.id = person;
    FOREACH place IN ARRAY alone LOOP
        PERFORM app_enter(place, NULL);
        -- A team is gone when its organisation went before it.
        IF EXISTS (SELECT FROM tenants t WHERE t.tenant_id = place) THEN
            erased := erase_tenant(place);
            PERFORM add_removal(uuid7(), 'account_removed',
                                ARRAY(SELECT jsonb_array_elements_text(erased -> 'tenants')::uuid), erased);
        END IF;
    END LOOP;
    INSERT INTO removal_duties (id, reason, tenant, tenants, folders)
    SELECT uuid7(), 'account_removed', l.id, ARRAY[l.id], ARRAY['tenants/' || l.id || '/speech']
    FROM unnest(learned) AS l (id);
    PERFORM app_enter(entered, entered_as);
END $$;

-- Remove the caller.
CREATE OR REPLACE FUNCTION remove_me(entry uuid, request text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    me uuid := app_user();
    home uuid := app_tenant();
BEGIN
    PERFORM remove_person(me, home);
    PERFORM app_enter(public_tenant(), NULL);
    INSERT INTO audit_log (tenant_id, id, action, subject, request_id)
    VALUES (public_tenant(), entry, 'account_removed', me::text, request);
    PERFORM app_enter(home, NULL);
END $$;

-- Remove an account the administrator reaches; false when there is none.
CREATE OR REPLACE FUNCTION admin_delete_user(person uuid) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    home uuid;
BEGIN
    PERFORM require_admin('operator');
    SELECT u.tenant_id INTO home FROM users u WHERE u.id = person AND admin_reaches(u.tenant_id);
    IF home IS NULL THEN
        RETURN false;
    END IF;
    PERFORM remove_person(person, home);
    -- The log of a tenant that went along went too.
    INSERT INTO audit_log (tenant_id, id, actor_id, administrator, action, subject, ip_address, request_id)
    SELECT public_tenant(), uuid7(), w.admin_id, w.name, 'account_removed', person::text, w.address, w.request_id
    FROM admin_work w WHERE w.xact = pg_current_xact_id_if_assigned();
    RETURN true;
END $$;

-- Everything the tables hold on the caller, in every tenant they belong to: for each table with a user_id, and for each
-- that is about a learning session, the rows that are theirs, without the hash of any secret.
CREATE FUNCTION my_data(without text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    me uuid := app_user();
    home uuid := app_tenant();
    places uuid[] := ARRAY(SELECT home UNION SELECT t.tenant_id FROM app_tenants() t);
    copy jsonb := jsonb_build_object('account', (
        SELECT to_jsonb(u) - 'password_hash' FROM users u WHERE u.tenant_id = home AND u.id = me));
    place uuid;
    one record;
    rows jsonb;
BEGIN
    FOREACH place IN ARRAY places LOOP
        PERFORM app_enter(place, me);
        FOR one IN
            SELECT c.relname AS name,
                   CASE WHEN bool_or(a.attname = 'user_id') THEN 'user_id = $1'
                        WHEN c.relname = 'audit_log' THEN 'actor_id = $1 AND action <> ''data_exported'''
                        ELSE 'session_id IN (SELECT l.id FROM learning_sessions l
                                             WHERE l.tenant_id = app_tenant() AND l.user_id = $1)' END AS theirs,
                   ARRAY(SELECT s.attname::text FROM pg_attribute s
                         WHERE s.attrelid = c.oid AND s.attname LIKE '%\_hash') AS secrets
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
              AND c.relname <> ALL (without) AND has_table_privilege(c.oid, 'SELECT')
            GROUP BY c.oid, c.relname
            HAVING bool_or(a.attname = 'tenant_id')
               AND (bool_or(a.attname = 'user_id') OR c.relname = 'audit_log' OR EXISTS (
                    SELECT FROM pg_constraint k
                    WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid = 'learning_sessions'::regclass))
            ORDER BY c.relname
        LOOP
            EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r) - $2), ''[]'') FROM %I r
                            WHERE tenant_id = app_tenant() AND %s', one.name, one.theirs)
            INTO rows USING me, one.secrets;
            copy := jsonb_set(copy, ARRAY[one.name], coalesce(copy -> one.name, '[]') || rows);
        END LOOP;
    END LOOP;
    PERFORM app_enter(home, me);
    RETURN copy;
END $$;

REVOKE ALL ON FUNCTION remove_person FROM PUBLIC;
