-- Every table of tenants follows them by itself.
ALTER TABLE past_topics ADD FOREIGN KEY (tenant_id) REFERENCES tenants ON DELETE CASCADE;
