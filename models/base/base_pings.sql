{{ raw_rows('pings', numbered=true) }}
