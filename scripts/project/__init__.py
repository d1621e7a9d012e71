"""The dbt project itself, as commands need it."""
