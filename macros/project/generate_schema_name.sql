{# A model's schema is the configured name itself, so that public tables are in `main` and the others in `raw`,
   `staging` and `intermediate` (dbt's default would prefix them with the target's schema); the variable schema_prefix stands before it,
   where it is given. In another project, which has
   listed Pingtop as a package, they are prefixed: that project's warehouse has schemas of its own, and one for each
   target, which must not meet. dbt takes a package's own macro for the package's models. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name and project_name != 'pingtop' -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- else -%}
        {{ var('schema_prefix') if project_name == 'pingtop' }}{{ (custom_schema_name or target.schema) | trim }}
    {%- endif -%}
{%- endmacro %}
