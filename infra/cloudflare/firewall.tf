# The Free plan allows five custom rules and one rate limit; everything finer is the application's.

resource "cloudflare_ruleset" "custom" {
  zone_id = var.zone_id
  name    = "UnaMentis: what is never asked"
  kind    = "zone"
  phase   = "http_request_firewall_custom"

  rules = [
    {
      ref         = "origins_for_our_worker_only"
      description = "Nobody but this zone's Worker calls the origins; the origin secret says the same once more"
      expression  = "(http.host in {\"${local.api_origin}\" \"${local.core_origin}\"} and cf.worker.upstream_zone ne \"${var.zone_name}\")"
      action      = "block"
    },
    {
      ref         = "methods"
      description = "Methods the API has"
      expression  = "(http.host in {\"${var.hostname}\" \"${var.admin_hostname}\"} and not http.request.method in {\"GET\" \"HEAD\" \"OPTIONS\" \"POST\" \"PUT\" \"PATCH\" \"DELETE\"})"
      action      = "block"
    },
    {
      ref         = "scanners"
      description = "Files nobody has here, each of which would cost one of the day's Worker requests"
      expression  = "(http.host in {\"${var.hostname}\" \"${var.admin_hostname}\"} and (starts_with(http.request.uri.path, \"/.env\") or starts_with(http.request.uri.path, \"/.git\") or starts_with(http.request.uri.path, \"/wp-\") or ends_with(http.request.uri.path, \".php\")))"
      action      = "block"
    },
  ]
}

resource "cloudflare_ruleset" "managed" {
  zone_id = var.zone_id
  name    = "UnaMentis: Cloudflare's rules for every plan"
  kind    = "zone"
  phase   = "http_request_firewall_managed"

  rules = [
    {
      ref         = "free_managed_ruleset"
      description = "Cloudflare Free Managed Ruleset"
      expression  = "true"
      action      = "execute"
      action_parameters = {
        id = "77454fe2d30c4220b5701f6fdfb893ba"
      }
    },
  ]
}

# On the Free plan a rate limit sees the path alone and counts addresses within 10 s. It is spent where guessing would
# pay; the application counts what each tenant and learner does.
resource "cloudflare_ruleset" "rate" {
  zone_id = var.zone_id
  name    = "UnaMentis: guessing"
  kind    = "zone"
  phase   = "http_ratelimit"

  rules = [
    {
      ref         = "sign_in"
      description = "Sign-in, registration and passwords"
      expression  = "(starts_with(http.request.uri.path, \"/api/auth/\"))"
      action      = "block"
      ratelimit = {
        characteristics     = ["cf.colo.id", "ip.src"]
        period              = 10
        requests_per_period = var.sign_in_requests
        mitigation_timeout  = 10
      }
    },
  ]
}
