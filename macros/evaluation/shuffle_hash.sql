{# A whole number of at least 0 to shuffle by: the same in every build of a cutoff, others at another. Each engine has its
   own. id: an expression. #}
{% macro shuffle_hash(id) -%}
    {{ row_hash([id, as_of() or "cast('' as " ~ dbt.type_string() ~ ")"]) }}
{%- endmacro %}
