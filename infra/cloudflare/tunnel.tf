# cloudflared dials out beside core, so core needs no open port. Cloudflare makes the secret, and the token holds it.
resource "cloudflare_zero_trust_tunnel_cloudflared" "core" {
  account_id = var.account_id
  name       = "unamentis-core"
  config_src = "cloudflare"
}

resource "cloudflare_zero_trust_tunnel_cloudflared_config" "core" {
  account_id = var.account_id
  tunnel_id  = cloudflare_zero_trust_tunnel_cloudflared.core.id

  config = {
    ingress = [
      {
        # For whoever runs core, not for the internet, even if the Worker should ever send them here.
        hostname = local.core_origin
        path     = "^/(metrics|health|ready)"
        service  = "http_status:404"
      },
      {
        hostname = local.core_origin
        service  = "http://localhost:${var.core_port}"
        origin_request = {
          connect_timeout = 5
        }
      },
      {
        service = "http_status:404"
      },
    ]
  }
}

data "cloudflare_zero_trust_tunnel_cloudflared_token" "core" {
  account_id = var.account_id
  tunnel_id  = cloudflare_zero_trust_tunnel_cloudflared.core.id
}
