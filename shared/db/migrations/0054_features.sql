-- Feature settings are a fixed set from here on, each of which something reads: switches nobody reads are forgotten.
-- The rows belong to many tenants, so the owner looks past the row filter for this.
ALTER TABLE feature_settings NO FORCE ROW LEVEL SECURITY;
UPDATE feature_settings SET settings = settings - 'flags' WHERE settings ? 'flags';
ALTER TABLE feature_settings FORCE ROW LEVEL SECURITY;
