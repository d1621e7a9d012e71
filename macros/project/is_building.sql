{# Whether this run of dbt builds models, as dbt test, which goes through the same run hooks, does not. #}
{% macro is_building() -%}
    {{ return(invocation_args_dict.get('which', 'build') in ['build', 'run', 'retry']) }}
{%- endmacro %}
