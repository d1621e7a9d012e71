{{ raw_rows('interactions', only_hashes=ref('int_log_index')) }}
