# Cloudflare shows the origins a client certificate of our own authority. Cloudflare's shared certificate would only prove
# that some Cloudflare customer is calling.

resource "tls_private_key" "authority" {
  algorithm = "RSA"
  rsa_bits  = 2048
}

resource "tls_self_signed_cert" "authority" {
  private_key_pem       = tls_private_key.authority.private_key_pem
  is_ca_certificate     = true
  validity_period_hours = 10 * 365 * 24
  allowed_uses          = ["cert_signing", "crl_signing"]

  subject {
    common_name  = "UnaMentis origin pulls"
    organization = var.zone_name
  }
}

resource "tls_private_key" "edge" {
  algorithm = "RSA"
  rsa_bits  = 2048
}

resource "tls_cert_request" "edge" {
  private_key_pem = tls_private_key.edge.private_key_pem

  subject {
    common_name  = "Edge of ${var.zone_name}"
    organization = var.zone_name
  }
}

# An apply within the last two months makes a new one. The authority stays, so the truststore does.
resource "tls_locally_signed_cert" "edge" {
  cert_request_pem      = tls_cert_request.edge.cert_request_pem
  ca_private_key_pem    = tls_private_key.authority.private_key_pem
  ca_cert_pem           = tls_self_signed_cert.authority.cert_pem
  validity_period_hours = 365 * 24
  early_renewal_hours   = 60 * 24
  allowed_uses          = ["digital_signature", "client_auth"]
}

resource "cloudflare_authenticated_origin_pulls_hostname_certificate" "edge" {
  zone_id     = var.zone_id
  certificate = tls_locally_signed_cert.edge.cert_pem
  private_key = tls_private_key.edge.private_key_pem

  lifecycle {
    create_before_destroy = true
  }
}

resource "cloudflare_authenticated_origin_pulls" "origins" {
  zone_id = var.zone_id

  # A tunnel needs none: cloudflared dials out.
  config = [
    for hostname in concat([local.api_origin], var.core_load_balancer == null ? [] : [local.core_origin]) : {
      hostname = hostname
      cert_id  = cloudflare_authenticated_origin_pulls_hostname_certificate.edge.id
      enabled  = true
    }
  ]
}
