"""Tutoring sessions over HTTP."""
