{{ raw_rows('experiments', numbered=true) }}
