"""Fetching what strangers name: every address, answer and byte is taken as hostile until a rule lets it through."""
