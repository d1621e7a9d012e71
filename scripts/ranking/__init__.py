"""The trained ranking stages: what the dbt Python models in `models/ranking` import, and the rule
by which a stage earns to serve.
"""
