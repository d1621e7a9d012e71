{{ baseline_lists('trending_rank') | trim }}
