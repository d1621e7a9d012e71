{{ user_affinities('category') }}
