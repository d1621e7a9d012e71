"""What serves a list for one request: plain functions over a key-value store.

It needs nothing else of the project, so that it can be packed by itself (docs/serving.md).
"""
