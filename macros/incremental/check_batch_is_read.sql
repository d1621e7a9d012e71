{# Pre hook of int_interactions and int_exposures: stops them in a run that does not also read the raw rows, as
   `dbt run --select int_interactions` or `dbt retry`: the files of the run would count as read, with the rows of an earlier one.

   log: interactions or exposures. #}
{% macro check_batch_is_read(log) %}
    {{ return(adapter.dispatch('check_batch_is_read', 'pingtop')(log)) }}
{% endmacro %}

{% macro default__check_batch_is_read(log) %}{% endmacro %}

{% macro duckdb__check_batch_is_read(log) %}
    {% if execute %}
        {% for name in ['base_' ~ log, 'stg_' ~ log]
            if 'model.' ~ model.package_name ~ '.' ~ name not in selected_resources %}
            {% do exceptions.raise_compiler_error(
                "int_" ~ log ~ " takes in what " ~ name ~ " reads in the same run, and this run leaves that out: select it with "
                ~ "all before it (dbt build --select +int_" ~ log ~ "), or run dbt build."
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
