{{ ordering_source('popular', 'popular_rank') | trim }}
