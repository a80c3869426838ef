# Nobody is behind these two: a Worker answers. 100:: is the address that is never reached.
resource "cloudflare_dns_record" "host" {
  for_each = local.hosts

  zone_id = var.zone_id
  name    = each.value
  type    = "AAAA"
  content = "100::"
  ttl     = 1
  proxied = true
  comment = "UnaMentis: ${each.key}, answered by the Worker"
}

resource "cloudflare_dns_record" "api_origin" {
  zone_id = var.zone_id
  name    = local.api_origin
  type    = "CNAME"
  content = var.api_gateway_target
  ttl     = 1
  proxied = true
  comment = "UnaMentis: API Gateway, for the Worker only"
}

resource "cloudflare_dns_record" "core_origin" {
  zone_id = var.zone_id
  name    = local.core_origin
  type    = "CNAME"
  content = coalesce(var.core_load_balancer, "${cloudflare_zero_trust_tunnel_cloudflared.core.id}.cfargotunnel.com")
  ttl     = 1
  proxied = true
  comment = "UnaMentis: core, for the Worker only"
}

# ACM looks these up itself, so they are not proxied; it does so again before each renewal.
resource "cloudflare_dns_record" "certificate_validation" {
  for_each = var.certificate_validation

  zone_id = var.zone_id
  name    = trimsuffix(each.key, ".")
  type    = "CNAME"
  content = trimsuffix(each.value, ".")
  ttl     = 300
  proxied = false
  comment = "UnaMentis: proves api-origin to ACM"
}
