-- Versions are compared as people read them, and a request that says nothing of its client takes nothing away from what
-- is known of it.

-- "2.10.1" as {2,10,1}, whatever follows it, without zeros at its end: 2.10 and 2.10.0 are the same. Null for what is no
-- version.
CREATE OR REPLACE FUNCTION version_parts(version text) RETURNS int[] LANGUAGE sql IMMUTABLE
    RETURN string_to_array(
        regexp_replace(substring(version FROM '^v?(\d{1,6}(?:\.\d{1,6}){0,3})'), '(\.0+)+$', ''), '.')::int[];

-- As before; and where a client leaves its platform or version out, those of its last request stay.
CREATE OR REPLACE FUNCTION check_client(
    admitted uuid, kind text, home uuid, credential text, client text, platform text, version text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    least text;
    token beta_tokens;
    here text := current_setting('app.tenant_id');
BEGIN
    IF platform <> '' AND version <> '' THEN
        SELECT f.settings -> 'minimum_versions' ->> lower(platform) INTO least
        FROM feature_settings f WHERE f.tenant_id = public_tenant();
        IF version_parts(version) < version_parts(least) THEN
            PERFORM refuse('PT426', format('this version of the app is no longer supported: please update to %s or newer',
                                           least), jsonb_build_object('details', jsonb_build_object('minimum', least)));
        END IF;
    END IF;
    IF kind <> 'beta' OR admitted IS NULL OR client IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('app.tenant_id', home::text, true);
    SELECT * INTO token FROM beta_tokens t WHERE t.tenant_id = home AND t.token_hash = credential;
    IF token.last_used_at > now() - interval '5 minutes' AND platform IN ('', token.last_platform)
       AND version IN ('', token.last_version) AND (NOT token.binds_device OR token.device_id = client) THEN
        PERFORM set_config('app.tenant_id', here, true);
        RETURN;
    END IF;
    UPDATE beta_tokens t SET last_used_at = now(), last_platform = coalesce(nullif(platform, ''), t.last_platform),
                             last_version = coalesce(nullif(version, ''), t.last_version),
                             device_id = CASE WHEN t.binds_device THEN coalesce(t.device_id, client) END
    WHERE t.tenant_id = home AND t.id = token.id
      AND (NOT t.binds_device OR (client <> '' AND coalesce(t.device_id, client) = client));
    IF NOT FOUND THEN
        PERFORM refuse('PT401', 'the token is not valid', '{"code": "invalid_token"}');
    END IF;
    PERFORM set_config('app.tenant_id', here, true);
END $$;
