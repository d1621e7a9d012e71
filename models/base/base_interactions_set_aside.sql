{{ raw_rows('interactions', only_hashes=ref('int_hashes_set_aside')) }}
