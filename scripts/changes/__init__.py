"""Why a metric moved: what the tables of changes say, and what they would say of any two spans of days."""
