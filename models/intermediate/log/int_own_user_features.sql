{{ own_features('users') | trim }}
