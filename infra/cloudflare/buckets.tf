# Sound, pictures and what learners upload. Nobody reads it but the application: there is no public address.
resource "cloudflare_r2_bucket" "objects" {
  account_id = var.account_id
  name       = "${var.bucket_prefix}-objects"
  location   = var.bucket_location

  lifecycle {
    prevent_destroy = true
  }
}

resource "cloudflare_r2_bucket_lifecycle" "objects" {
  account_id  = var.account_id
  bucket_name = cloudflare_r2_bucket.objects.name

  rules = [
    {
      id         = "Uploads that were never finished"
      enabled    = true
      conditions = { prefix = "" }
      abort_multipart_uploads_transition = {
        condition = { type = "Age", max_age = 24 * 3600 }
      }
    },
  ]
}

# A page may follow an address the application has signed for it.
resource "cloudflare_r2_bucket_cors" "objects" {
  account_id  = var.account_id
  bucket_name = cloudflare_r2_bucket.objects.name

  rules = [
    {
      id              = "Our own pages"
      max_age_seconds = 3600
      expose_headers  = ["ETag"]
      allowed = {
        origins = [for host in values(local.hosts) : "https://${host}"]
        methods = ["GET", "HEAD"]
        headers = ["range"]
      }
    },
  ]
}

resource "cloudflare_r2_bucket" "backups" {
  account_id = var.account_id
  name       = "${var.bucket_prefix}-backups"
  location   = var.bucket_location

  lifecycle {
    prevent_destroy = true
  }
}

resource "cloudflare_r2_bucket_lifecycle" "backups" {
  account_id  = var.account_id
  bucket_name = cloudflare_r2_bucket.backups.name

  rules = [
    {
      id         = "Backups that are too old"
      enabled    = true
      conditions = { prefix = "" }
      abort_multipart_uploads_transition = {
        condition = { type = "Age", max_age = 24 * 3600 }
      }
      delete_objects_transition = {
        condition = { type = "Age", max_age = var.backup_days * 24 * 3600 }
      }
    },
  ]
}

data "cloudflare_account_api_token_permission_groups_list" "all" {
  account_id = var.account_id
}

# The application's key to its objects, and to nothing else.
resource "cloudflare_account_token" "objects" {
  account_id = var.account_id
  name       = "UnaMentis objects"

  policies = [
    {
      effect = "allow"
      permission_groups = [
        for group in data.cloudflare_account_api_token_permission_groups_list.all.result : { id = group.id }
        if group.name == "Workers R2 Storage Bucket Item Write"
      ]
      resources = jsonencode({
        "com.cloudflare.edge.r2.bucket.${var.account_id}_default_${cloudflare_r2_bucket.objects.name}" = "*"
      })
    },
  ]
}
