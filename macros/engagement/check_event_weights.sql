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
        {% set file = seed.root_path ~ '/' ~ seed.original_file_path %}
        {% set example = 'event_type,weight,weight_basis,is_engagement,relevance_grade' %}
        {% set header = csv_header(file, {'delimiter': ','}, example).names %}
        {#- dbt loads the seed by the names as they stand, blanks and all -#}
        {% set line = run_query(csv_lines([file], 'header')).columns[0].values()[0] | replace('\ufeff', '') %}
        {% if modules.re.search('(^|[,"])[ \t]|[ \t]([,"\r]|$)', line) %}
            {% do exceptions.raise_compiler_error(
                "In " ~ seed.original_file_path ~ ", the header has blanks beside its names: correct it there."
            ) %}
        {% endif %}
        {% set columns = [] %}
        {% for name in example.split(',') %}
            {% if name == 'is_engagement' and name not in header %}
                {#- a file from before the column was there: what to write into it is what it was without it -#}
                {% do exceptions.raise_compiler_error(
                    "In " ~ seed.original_file_path ~ ", the column is_engagement is missing: add it, true for the types"
                    ~ " that are engagements (view, like, comment, share) and false for the others."
                ) %}
            {% endif %}
            {% if name not in header %}
                {% do exceptions.raise_compiler_error(
                    "In " ~ seed.original_file_path ~ ", the column " ~ name ~ " is missing: correct it there."
                ) %}
            {% endif %}
            {% do columns.append(clean_text('fields[' ~ (header.index(name) + 1) ~ ']') ~ ' as ' ~ name) %}
        {% endfor %}
        {#- a column that a seed may have -#}
        {% set takes_back = clean_text('fields[' ~ (header.index('takes_back') + 1) ~ ']') if 'takes_back' in header else 'null' %}
        {% do columns.append('cast(' ~ takes_back ~ ' as varchar) as takes_back') %}
        {% set problem = run_query(
            "select min(case"
            ~ " when n_fields is null or n_fields <> " ~ header | length
            ~ " then 'the line ''' || line || ''' does not have the fields of the header'"
            ~ " when event_type is null then 'the line ''' || line || ''' has no event_type'"
            ~ " when n_rows > 1 then 'the event type ' || event_type || ' stands more than once'"
            ~ " when first_spelling <> last_spelling then 'the event types ' || first_spelling || ' and ' || last_spelling"
            ~ " || ' are one (case, blanks, - and _ do not count)'"
            ~ " when " ~ safe_double('weight') ~ " is null or not " ~ is_finite(safe_double('weight'))
            ~ " then 'the weight of ' || event_type || ' must be a finite number, but is '"
            ~ " || coalesce('''' || weight || '''', 'empty')"
            ~ " when weight_basis is null or weight_basis not in ('event', 'watch_time_ratio')"
            ~ " then 'the weight_basis of ' || event_type || ' must be event or watch_time_ratio, but is '"
            ~ " || coalesce('''' || weight_basis || '''', 'empty')"
            ~ " when " ~ plain_event_type('event_type') ~ " = 'impression' and weight_basis <> 'event'"
            ~ " then 'the weight_basis of impression must be event: an impression is no view'"
            ~ " when lower(is_engagement) not in ('true', 'false')"
            ~ " then 'the is_engagement of ' || event_type || ' must be true, false or empty, but is '"
            ~ " || '''' || is_engagement || ''''"
            ~ " when " ~ plain_event_type('event_type') ~ " = 'impression' and lower(is_engagement) = 'true'"
            ~ " then 'the is_engagement of impression must be false or empty: what follows an impression is one'"
            ~ " when " ~ is_present('relevance_grade') ~ " and not coalesce(" ~ is_finite(safe_double('relevance_grade'))
            ~ " and " ~ safe_double('relevance_grade') ~ " >= 0, false)"
            ~ " then 'the relevance_grade of ' || event_type || ' must be empty or a finite number of at least 0, but is '"
            ~ " || '''' || relevance_grade || ''''"
            ~ " when takes_back is not null and not list_contains(plain_types, " ~ plain_event_type('takes_back') ~ ")"
            ~ " then 'the takes_back of ' || event_type || ' must be another type of the basis event that takes back none, but is '"
            ~ " || '''' || takes_back || ''''"
            ~ " end) from (select *, count(*) over (partition by event_type) as n_rows,"
            ~ " list(" ~ plain_event_type('event_type') ~ ") filter (where weight_basis = 'event' and takes_back is null)"
            ~ " over () as plain_types,"
            ~ " min(event_type) over (partition by " ~ plain_event_type('event_type') ~ ") as first_spelling,"
            ~ " max(event_type) over (partition by " ~ plain_event_type('event_type') ~ ") as last_spelling from ("
            ~ "select line, len(fields) as n_fields, " ~ columns | join(', ') ~ " from ("
            ~ "select line, " ~ csv_fields('line') ~ " as fields from (" ~ csv_lines([file]) ~ ") as lines"
            ~ ") as split_lines) as weights) as counted_weights"
        ).columns[0].values()[0] %}
        {% if problem %}
            {% do exceptions.raise_compiler_error(
                "In " ~ seed.original_file_path ~ ", " ~ problem ~ ": correct it there."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
