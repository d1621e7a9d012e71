"""Releases of the public tables: how one is published, and how one is read."""
