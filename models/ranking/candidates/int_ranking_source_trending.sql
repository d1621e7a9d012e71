{{ ordering_source('trending', 'trending_rank') | trim }}
