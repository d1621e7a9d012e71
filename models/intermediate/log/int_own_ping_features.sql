{{ own_features('pings') | trim }}
