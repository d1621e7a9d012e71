{# The version of this code, for what is recorded of a run. dbt does not tell a macro what stands in dbt_project.yml; a test holds
   the two, pyproject.toml and the changelog together. #}
{% macro pingtop_version() -%}
    {{ return('0.2.0') }}
{%- endmacro %}
