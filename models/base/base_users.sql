{{ raw_rows('users', numbered=true) }}
