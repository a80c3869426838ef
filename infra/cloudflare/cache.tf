# What the Worker asks the origins for may be answered from Cloudflare's cache. The last rule that fits counts.
resource "cloudflare_ruleset" "cache" {
  zone_id = var.zone_id
  name    = "UnaMentis: what may be kept"
  kind    = "zone"
  phase   = "http_request_cache_settings"

  rules = [
    {
      ref               = "nothing"
      description       = "Answers are somebody's own"
      expression        = "(http.host in {\"${local.api_origin}\" \"${local.core_origin}\"})"
      action            = "set_cache_settings"
      action_parameters = { cache = false }
    },
    {
      # An address is good until its signature ends, a year at most, and the API says so; longer would be too long.
      ref         = "immutable_media"
      description = "Signed pictures of curricula, as long as the API says; parameters in any order are the same"
      expression  = "(http.host eq \"${local.api_origin}\" and starts_with(http.request.uri.path, \"/assets/curriculum/\"))"
      action      = "set_cache_settings"
      action_parameters = {
        cache       = true
        edge_ttl    = { mode = "respect_origin" }
        browser_ttl = { mode = "respect_origin" }
        cache_key   = { ignore_query_strings_order = true }
      }
    },
    {
      ref         = "configuration"
      description = "The same for everybody, for five minutes"
      expression  = "(http.host eq \"${local.api_origin}\" and http.request.uri.path in {\"/.well-known/jwks.json\" \"/api/openapi.json\" \"/api/reference\"})"
      action      = "set_cache_settings"
      action_parameters = {
        cache       = true
        edge_ttl    = { mode = "override_origin", default = 300 }
        browser_ttl = { mode = "respect_origin" }
        cache_key   = { ignore_query_strings_order = true }
      }
    },
  ]
}
