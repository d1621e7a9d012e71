"""Bringing what the warehouse computed into a store that is served from."""
