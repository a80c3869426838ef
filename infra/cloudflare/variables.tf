variable "account_id" {
  description = "Cloudflare account that owns everything here."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{32}$", var.account_id))
    error_message = "An account id has 32 hexadecimal digits; the dashboard shows it beside the zone's."
  }
}

variable "zone_id" {
  description = "Cloudflare zone of the domain."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{32}$", var.zone_id))
    error_message = "A zone id has 32 hexadecimal digits; the dashboard shows it on the zone's overview."
  }
}

variable "zone_name" {
  description = "The zone's domain, such as example.org. The two origins are hosts directly below it."
  type        = string
}

variable "hostname" {
  description = "Host that learners and apps use, such as learn.example.org."
  type        = string

  validation {
    condition     = endswith(var.hostname, ".${var.zone_name}")
    error_message = "The host must lie in the zone."
  }
}

variable "admin_hostname" {
  description = "Host that administrators use, behind Cloudflare Access, such as admin.example.org."
  type        = string

  validation {
    condition     = endswith(var.admin_hostname, ".${var.zone_name}") && var.admin_hostname != var.hostname
    error_message = "The host must lie in the zone and differ from the learners'."
  }
}

variable "api_gateway_target" {
  description = "Regional domain name of the API's custom domain, such as d-1a2b3c4d5e.execute-api.us-east-1.amazonaws.com."
  type        = string
}

variable "certificate_validation" {
  description = "CNAME records by which ACM proves that api-origin is yours: name to value."
  type        = map(string)
  default     = {}
}

variable "core_load_balancer" {
  description = "Host name of the load balancer in front of core; null where core dials out by a tunnel."
  type        = string
  default     = null
}

variable "core_port" {
  description = "Port core listens on beside cloudflared."
  type        = number
  default     = 8766
}

variable "worker_name" {
  description = "Name the Worker was deployed under (infra/edge/wrangler.jsonc)."
  type        = string
  default     = "unamentis-edge"
}

variable "administrators" {
  description = "E-mail addresses that may ask for the admin host. What they may do there, the application's own table says."
  type        = set(string)

  validation {
    condition     = length(var.administrators) > 0
    error_message = "Name at least one address."
  }
}

variable "access_identity_providers" {
  description = "Ids of the Zero Trust login methods administrators may use; empty allows every one the team has."
  type        = list(string)
  default     = []
}

variable "second_factor" {
  description = "Who asks administrators for the second factor: access (Cloudflare itself) or identity_provider (which must report it)."
  type        = string
  default     = "access"

  validation {
    condition     = contains(["access", "identity_provider"], var.second_factor)
    error_message = "Must be access or identity_provider."
  }
}

variable "sign_in_requests" {
  description = "Requests to /api/auth from one address within 10 s, beyond which it waits 10 s. A school shares one address."
  type        = number
  default     = 60
}

variable "bucket_prefix" {
  description = "R2 buckets are named PREFIX-objects and PREFIX-backups."
  type        = string
  default     = "unamentis"
}

variable "bucket_location" {
  description = "Where R2 keeps the buckets, a hint: apac, eeur, enam, oc, weur or wnam."
  type        = string
  default     = "enam"
}

variable "backup_days" {
  description = "Days a backup is kept."
  type        = number
  default     = 35
}
