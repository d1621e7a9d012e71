{# The variables that a run was given with --vars, as JSON; days and moments, which YAML reads from it, as texts. What says where raw files
   are is left out: it matters to nobody who asks the warehouse. No arguments. #}
{% macro variables_of_run() %}
    {% set variables = {} %}
    {% for name, value in (invocation_args_dict.get('vars') or {}).items() if name not in ['raw_location', 'raw_mapping'] %}
        {% set is_json = value is none or value is string or value is number or value is boolean or value is iterable %}
        {% do variables.update({name: value if is_json else value | string}) %}
    {% endfor %}
    {{ return(tojson(variables)) }}
{% endmacro %}
