"""Experiments: what may be said of the arms, from the sums of `experiment_moments`.

Pure functions over rows (dicts), which the dbt Python models of models/experiments call; nothing
here reads or writes a warehouse. Only `inference` and `splits` need the extra `experiments`.
"""
