# Cloudflare in front of a deployment; docs/howto/put-cloudflare-in-front.md says what to do with it.

terraform {
  required_version = ">= 1.9"

  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = ">= 5.22, < 6"
    }
    tls = {
      source  = "hashicorp/tls"
      version = "~> 4.0"
    }
  }
}

# Reads CLOUDFLARE_API_TOKEN from the environment.
provider "cloudflare" {}

locals {
  api_origin  = "api-origin.${var.zone_name}"
  core_origin = "core-origin.${var.zone_name}"
  hosts       = { app = var.hostname, admin = var.admin_hostname }
}
