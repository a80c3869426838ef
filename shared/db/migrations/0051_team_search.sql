-- Full-text search for teams: of their own, their organisation's and the public content, nearer rows shadowing the
-- others. As before, each function works as a role that sees every row and takes the tenant explicitly.

CREATE OR REPLACE FUNCTION search_curricula(tenant uuid, words text, most int)
    RETURNS TABLE (curriculum_id text, rank real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted tsquery := replace(plainto_tsquery('english', words)::text, ' & ', ' | ')::tsquery;
    visible uuid[] := app_readable();
BEGIN
    IF tenant IS DISTINCT FROM app_tenant() THEN
        PERFORM refuse('PT403', 'a search stays inside its own tenant');
    END IF;
    RETURN QUERY
        SELECT c.id, ts_rank(c.search, wanted, 1) AS score FROM curricula c
        WHERE c.search @@ wanted AND c.status <> 'archived' AND c.tenant_id = ANY (visible)
          AND (c.tenant_id = tenant OR NOT EXISTS (
               SELECT FROM curricula near WHERE near.tenant_id = ANY (visible) AND near.id = c.id
                                            AND is_nearer(near.tenant_id, c.tenant_id)))
        ORDER BY score DESC, c.id LIMIT most;
END $$;

CREATE OR REPLACE FUNCTION search_questions(
    tenant uuid, words text, domain text, within text, levels int[], kind text, voiced boolean, state text
) RETURNS TABLE (tenant_id uuid, id text, domain_id text, subcategory text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted tsquery := typed_query(words);
    visible uuid[] := app_readable();
BEGIN
    IF tenant IS DISTINCT FROM app_tenant() THEN
        PERFORM refuse('PT403', 'a search stays inside its own tenant');
    ELSIF numnode(wanted) = 0 THEN
        RETURN;
    END IF;
    wanted := wanted && to_tsquery('simple', (
        SELECT string_agg('tenant' || replace(v.id::text, '-', ''), ' | ') FROM unnest(visible) AS v (id)));
    RETURN QUERY
        SELECT q.tenant_id, q.id, q.domain_id, q.subcategory FROM questions q
        WHERE q.search @@ wanted AND q.tenant_id = ANY (visible)
          AND (domain IS NULL OR q.domain_id = domain) AND (within IS NULL OR q.subcategory = within)
          AND (levels IS NULL OR q.difficulty = ANY(levels)) AND (kind IS NULL OR q.question_type = kind)
          AND (voiced IS NULL OR q.has_audio = voiced) AND (state IS NULL OR q.status = state)
          AND (q.tenant_id = tenant OR NOT EXISTS (
               SELECT FROM questions near WHERE near.tenant_id = ANY (visible) AND near.id = q.id
                                            AND is_nearer(near.tenant_id, q.tenant_id)));
END $$;
