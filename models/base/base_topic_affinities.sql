{{ raw_rows('topic_affinities', numbered=true) }}
