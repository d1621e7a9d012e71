{{ raw_rows('experiment_assignments', numbered=true) }}
