-- Removals: the rows of a tenant go in the transaction of whoever asks, the objects soon after, by whoever holds the
-- object store. What was removed, and that nothing is left, can be read afterwards.

-- Not tenant data: it outlives the tenants it is about, and names nothing of them but their ids.
CREATE TABLE removal_duties (
    id uuid PRIMARY KEY,
    reason text NOT NULL CHECK (reason IN ('tenant_removed', 'account_removed')),
    -- what was removed first; the others are its teams
    tenant uuid NOT NULL,
    tenants uuid[] NOT NULL,
    -- by table: rows that were removed, and rows that were counted after it, in the same transaction
    rows_removed jsonb NOT NULL DEFAULT '{}',
    rows_remaining jsonb NOT NULL DEFAULT '{}',
    moved_accounts bigint NOT NULL DEFAULT 0,
    -- folders of the object store, and by folder: objects removed so far, and objects counted after the last round
    folders text[] NOT NULL,
    objects_removed jsonb NOT NULL DEFAULT '{}',
    objects_remaining jsonb,
    asked_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    -- rounds that found or left nothing more; the second one is the last
    clear_rounds int NOT NULL DEFAULT 0,
    done_at timestamptz
);
CREATE INDEX removal_duties_due ON removal_duties (due_at) WHERE done_at IS NULL;

-- Have the objects of tenants removed, in the transaction that removes their rows. Granted to nobody: the functions that
-- remove something call it. erased: what erase_tenant answered, if it was asked.
CREATE FUNCTION add_removal(removal uuid, why text, places uuid[], erased jsonb DEFAULT '{}') RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO removal_duties (id, reason, tenant, tenants, folders, rows_removed, rows_remaining, moved_accounts)
    SELECT removal, why, places[cardinality(places)], places,
           ARRAY(SELECT 'tenants/' || p.id FROM unnest(places) AS p (id)),
           coalesce(erased -> 'removed', '{}'), coalesce(erased -> 'remaining', '{}'),
           coalesce((erased ->> 'moved')::bigint, 0)
    WHERE cardinality(places) > 0
$$;

-- Remove the tenant that entered and its teams: the rows now, the objects as a duty. meant: the tenant's name, where
-- whoever asks must prove to mean this one.
CREATE FUNCTION admin_remove_tenant(removal uuid, meant text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    erased jsonb;
BEGIN
    PERFORM require_admin('superadmin');
    IF app_tenant() <> public_tenant()
       AND EXISTS (SELECT FROM tenants t WHERE t.tenant_id = app_tenant() AND t.name <> meant) THEN
        PERFORM refuse('PT409', 'the tenant has another name', '{"code": "name_differs"}');
    END IF;
    erased := erase_tenant(app_tenant());
    PERFORM add_removal(removal, 'tenant_removed', ARRAY(SELECT jsonb_array_elements_text(erased -> 'tenants')::uuid), erased);
END $$;

-- Take duties that are due for a while: who dies over one leaves it to the next.
CREATE FUNCTION take_removals(most int, lease_s int) RETURNS TABLE (id uuid, folders text[]) LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE removal_duties r SET due_at = now() + make_interval(secs => lease_s)
    FROM (SELECT d.id FROM removal_duties d WHERE d.done_at IS NULL AND d.due_at <= now()
          ORDER BY d.due_at LIMIT most FOR UPDATE SKIP LOCKED) due
    WHERE r.id = due.id RETURNING r.id, r.folders
$$;

-- Say what a round removed and what it counted afterwards, by folder. A session under way may still store speech: some
-- minutes after the first round that leaves nothing there is a last one.
CREATE FUNCTION settle_removal(removal uuid, removed jsonb, remaining jsonb, again_s int) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE removal_duties r SET
        objects_removed = (SELECT coalesce(jsonb_object_agg(k, coalesce((r.objects_removed ->> k)::bigint, 0)
                                                               + coalesce((removed ->> k)::bigint, 0)), '{}')
                           FROM unnest(r.folders) AS f (k)),
        objects_remaining = remaining,
        clear_rounds = r.clear_rounds + s.is_clear::int,
        done_at = CASE WHEN s.is_clear AND r.clear_rounds > 0 THEN now() END,
        due_at = CASE WHEN s.is_clear THEN now() + make_interval(secs => again_s) ELSE now() END
    FROM (SELECT NOT EXISTS (SELECT FROM jsonb_each_text(remaining) AS e (k, n) WHERE n::bigint > 0) AS is_clear) s
    WHERE r.id = removal AND r.done_at IS NULL
$$;

-- Removals of tenants the administrator reaches, the newest first.
CREATE FUNCTION admin_removals(only_removal uuid, before uuid, most int)
    RETURNS TABLE (id uuid, reason text, tenant uuid, tenants uuid[], rows_removed jsonb, rows_remaining jsonb,
                   moved_accounts bigint, objects_removed jsonb, objects_remaining jsonb, asked_at timestamptz,
                   done_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.id, r.reason, r.tenant, r.tenants, r.rows_removed, r.rows_remaining, r.moved_accounts, r.objects_removed,
           r.objects_remaining, r.asked_at, r.done_at
    FROM removal_duties r
    WHERE admin_reaches(r.tenant) AND (only_removal IS NULL OR r.id = only_removal)
      AND (before IS NULL OR r.id < before)
    ORDER BY r.id DESC LIMIT most
$$;

DROP FUNCTION admin_tenant_family, admin_erase_tenant;
REVOKE ALL ON FUNCTION add_removal, admin_remove_tenant, take_removals, settle_removal, admin_removals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin_remove_tenant, take_removals, settle_removal, admin_removals TO unamentis_app;
