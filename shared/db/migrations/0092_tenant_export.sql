-- A copy of all that is kept about a tenant, for those who own it: table by table, page by page, without the hash of any
-- secret.

-- Let only those pass who own the tenant at hand, or administer it; looking on is not enough.
CREATE FUNCTION require_tenant_owner() RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF app_role() = 'owner' THEN
        RETURN;
    ELSIF NOT admin_reaches(app_tenant()) THEN
        PERFORM refuse('PT403', 'only an owner of the tenant may do this');
    END IF;
    PERFORM require_admin('operator');
END $$;

-- Note who has asked for a copy of the tenant at hand.
CREATE FUNCTION note_tenant_export(entry uuid, address text, request text) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO audit_log (tenant_id, id, actor_id, administrator, action, ip_address, request_id)
    SELECT app_tenant(), entry, coalesce(w.admin_id, app_user()), coalesce(w.name, ''), 'tenant_exported', note_tenant_export.address, request
    FROM (SELECT) one LEFT JOIN admin_work w ON w.xact = pg_current_xact_id_if_assigned()
$$;

-- The tables of the tenant that entered, by name. without: what is worth nothing to anybody later.
CREATE FUNCTION export_tables(without text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT c.relname::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
      AND c.relpersistence = 'p' AND c.relname <> ALL (without) AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY c.relname
$$;

-- Up to `most` rows of a table of the tenant that entered, in the order of its key, from the one behind `behind` (its
-- key's columns, or null), and the key of the last of them.
CREATE FUNCTION export_rows(export_table text, behind jsonb, most int)
    RETURNS TABLE (page_rows jsonb, last_key jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
    place regclass := format('public.%I', export_table)::regclass;
    secrets text[] := ARRAY(SELECT s.attname::text FROM pg_attribute s
                            WHERE s.attrelid = place AND s.attname LIKE '%\_hash');
    keys text[] := ARRAY(SELECT a.attname::text FROM pg_index i
                         CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, rank)
                         JOIN pg_attribute a ON a.attrelid = place AND a.attnum = k.attnum
                         WHERE i.indrelid = place AND i.indisprimary ORDER BY k.rank);
    theirs text := (SELECT string_agg(format('r.%I', k.k), ', ' ORDER BY k.n)
                    FROM unnest(keys) WITH ORDINALITY AS k (k, n));
    last text := (SELECT string_agg(format('l.%I', k.k), ', ' ORDER BY k.n)
                  FROM unnest(keys) WITH ORDINALITY AS k (k, n));
BEGIN
    EXECUTE format(
        'WITH page AS MATERIALIZED (
             SELECT to_jsonb(r) AS one, row_number() OVER (ORDER BY %1$s) AS n
             FROM %2$s r CROSS JOIN jsonb_populate_record(NULL::%2$s, coalesce($1, ''{}'')) l
             WHERE r.tenant_id = app_tenant() AND ($1 IS NULL OR (%1$s) > (%3$s))
             ORDER BY %1$s LIMIT $2)
         SELECT (SELECT coalesce(jsonb_agg(p.one - $3 ORDER BY p.n), ''[]'') FROM page p),
                (SELECT jsonb_object_agg(k, p.one -> k) FROM page p CROSS JOIN unnest($4) AS k
                 WHERE p.n = (SELECT max(n) FROM page))',
        theirs, place, last)
    INTO page_rows, last_key USING behind, most, secrets, keys;
    RETURN NEXT;
END $$;

REVOKE ALL ON FUNCTION require_tenant_owner, note_tenant_export, export_tables, export_rows FROM PUBLIC;
GRANT EXECUTE ON FUNCTION require_tenant_owner, note_tenant_export, export_tables, export_rows TO unamentis_app;
