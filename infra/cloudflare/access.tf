# Who may ask for the admin host. The API verifies the assertion Access signs, and knows what each of them may do.
resource "cloudflare_zero_trust_access_policy" "administrators" {
  account_id       = var.account_id
  name             = "UnaMentis administrators"
  decision         = "allow"
  session_duration = "8h"

  include = [for address in sort(var.administrators) : { email = { email = address } }]

  # A one-time code by mail is one factor, and reports none: then only Access itself can ask for the second.
  require = var.second_factor == "identity_provider" ? [{ auth_method = { auth_method = "mfa" } }] : null

  mfa_config = var.second_factor == "access" ? {
    allowed_authenticators = ["totp", "biometrics", "security_key"]
    session_duration       = "8h"
  } : null
}

resource "cloudflare_zero_trust_access_application" "admin" {
  account_id       = var.account_id
  name             = "UnaMentis administration"
  type             = "self_hosted"
  session_duration = "8h"

  destinations = [{ type = "public", uri = var.admin_hostname }]
  policies     = [{ id = cloudflare_zero_trust_access_policy.administrators.id, precedence = 1 }]
  allowed_idps = var.access_identity_providers

  app_launcher_visible       = false
  http_only_cookie_attribute = true
  same_site_cookie_attribute = "strict"
}
