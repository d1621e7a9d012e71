"""Why a metric moved: what the tables of changes say, also of any two spans of days."""
