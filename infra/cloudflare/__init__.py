"""Cloudflare as Terraform, and the names its provider knows."""
