output "tunnel_token" {
  description = "TUNNEL_TOKEN of the cloudflared beside core."
  value       = data.cloudflare_zero_trust_tunnel_cloudflared_token.core.token
  sensitive   = true
}

output "truststore" {
  description = "The authority whose client certificates the API's domain accepts: truststore.pem."
  value       = tls_self_signed_cert.authority.cert_pem
}

output "origin_pull_expiry" {
  description = "When the edge's client certificate ends; an apply within 60 days before makes a new one."
  value       = tls_locally_signed_cert.edge.validity_end_time
}

output "api_origin" {
  description = "Domain of the API, and the Worker's API_ORIGIN."
  value       = "https://${local.api_origin}"
}

output "core_origin" {
  description = "The Worker's CORE_ORIGIN."
  value       = "https://${local.core_origin}"
}

output "admin_host" {
  description = "The Worker's ADMIN_HOST."
  value       = var.admin_hostname
}

output "access_audience" {
  description = "UNAMENTIS_ACCESS_AUDIENCE: the AUD tag of the Access application."
  value       = cloudflare_zero_trust_access_application.admin.aud
}

output "objects_endpoint" {
  description = "S3 endpoint of the R2 buckets."
  value       = "https://${var.account_id}.r2.cloudflarestorage.com"
}

output "objects_bucket" {
  description = "Bucket of sound, pictures and uploads."
  value       = cloudflare_r2_bucket.objects.name
}

output "objects_access_key_id" {
  description = "AWS_ACCESS_KEY_ID for the objects' bucket."
  value       = cloudflare_account_token.objects.id
}

output "objects_secret_access_key" {
  description = "AWS_SECRET_ACCESS_KEY for the objects' bucket: R2 takes the token's SHA-256."
  value       = sha256(cloudflare_account_token.objects.value)
  sensitive   = true
}

output "backups_bucket" {
  description = "Bucket of backups."
  value       = cloudflare_r2_bucket.backups.name
}
