-- Lists of courses somebody wants to import or teach: each person's own, and those they share with their tenant.

CREATE TABLE lists (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    is_shared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX lists_updated ON lists (tenant_id, updated_at DESC, id DESC);
CALL protect('lists');

-- A course of an import source, once in a list however often it is added.
CREATE TABLE list_items (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    list_id uuid NOT NULL,
    id uuid NOT NULL,
    source_id text NOT NULL,
    course_id text NOT NULL,
    course_title text NOT NULL,
    course_thumbnail_url text,
    notes text,
    added_at timestamptz NOT NULL DEFAULT now(),
    -- Of what is added together, the first comes first.
    position bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, list_id, source_id, course_id),
    FOREIGN KEY (tenant_id, list_id) REFERENCES lists ON DELETE CASCADE
);
CREATE INDEX list_items_course ON list_items (tenant_id, source_id, course_id);
CALL protect('list_items');

-- Before a list is changed: refuse PT404 unless the caller sees it, PT403 unless it is theirs or they teach, and lock it.
CREATE FUNCTION claim_list(tenant uuid, list uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner uuid;
BEGIN
    SELECT l.user_id INTO owner FROM lists l
    WHERE l.tenant_id = tenant AND l.id = list AND (l.user_id = app_user() OR l.is_shared) FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('PT404', format('list %s not found', list));
    ELSIF owner <> app_user() AND NOT app_teaches() THEN
        PERFORM refuse('PT403', 'this list is shared for reading: only its owner and teachers change it',
                       '{"code": "not_an_owner"}');
    END IF;
END $$;
