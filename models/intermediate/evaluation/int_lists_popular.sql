{{ baseline_lists('popular_rank') | trim }}
