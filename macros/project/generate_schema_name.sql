{# A model's schema is the configured name itself, so that public tables are in `main` and the others in `raw`,
   `staging` and `intermediate` (dbt's default would prefix them with the target's schema). #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
