{{ user_affinities('creator') }}
