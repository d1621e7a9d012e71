{# Run hook: stops the run with one sentence where the seed event_weights cannot be used; before the seed is loaded,
   so that no table is touched. Where an adapter cannot read the file, the seed's own tests stop the build later. #}
{% macro check_event_weights() %}
    {% if execute %}
        {% do adapter.dispatch('check_event_weights', 'pingtop')() %}
    {% endif %}
{% endmacro %}

{% macro default__check_event_weights() %}
{% endmacro %}

{% macro duckdb__check_event_weights() %}
    {% for seed in graph.nodes.values() if seed.resource_type == 'seed' and seed.name == 'event_weights' %}
        {% set file = "read_csv(" ~ path_list([seed.root_path ~ '/' ~ seed.original_file_path])
            ~ ", header = true, all_varchar = true, delim = ',', quote = '\"')" %}
        {% set problem = namespace(text=none) %}
        {% set given = describe_columns(file) | map(attribute='name') | list %}
        {% for column in ['event_type', 'weight', 'weight_basis'] if column not in given %}
            {% set problem.text = 'the column ' ~ column ~ ' is missing' %}
        {% endfor %}
        {% if not problem.text %}
            {% set problem.text = run_query(
                "select min(case"
                ~ " when event_type is null then 'a row has no event_type'"
                ~ " when n_rows > 1 then 'the event type ' || event_type || ' stands more than once'"
                ~ " when " ~ safe_double('weight') ~ " is null or not " ~ is_finite(safe_double('weight'))
                ~ " then 'the weight of ' || event_type || ' must be a finite number, but is '"
                ~ " || coalesce('''' || weight || '''', 'empty')"
                ~ " when weight_basis is null or weight_basis not in ('event', 'watch_time_ratio')"
                ~ " then 'the weight_basis of ' || event_type || ' must be event or watch_time_ratio, but is '"
                ~ " || coalesce('''' || weight_basis || '''', 'empty')"
                ~ " end) from (select *, count(*) over (partition by event_type) as n_rows from ("
                ~ "select " ~ clean_text('event_type') ~ " as event_type, " ~ clean_text('weight') ~ " as weight, "
                ~ clean_text('weight_basis') ~ " as weight_basis from " ~ file
                ~ ") as weights) as counted_weights"
            ).columns[0].values()[0] %}
        {% endif %}
        {% if problem.text %}
            {% do exceptions.raise_compiler_error(
                "In " ~ seed.original_file_path ~ ", " ~ problem.text ~ ": correct it there."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
