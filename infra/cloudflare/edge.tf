# Every request to these hosts is the Worker's, but for the files it was deployed with.
resource "cloudflare_workers_route" "host" {
  for_each = local.hosts

  zone_id = var.zone_id
  pattern = "${each.value}/*"
  script  = var.worker_name
}

# Of the whole zone. Below Full (strict), origins would be called without a look at their certificates, or with none.
resource "cloudflare_zone_setting" "this" {
  for_each = {
    ssl              = "strict"
    always_use_https = "on"
    min_tls_version  = "1.2"
    tls_1_3          = "on"
    websockets       = "on"
  }

  zone_id    = var.zone_id
  setting_id = each.key
  value      = each.value
}
