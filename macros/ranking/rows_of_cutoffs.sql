{# A table expression: the rows of a model that satisfy a condition, which is known before anything is joined.

   model: its name. condition: on its columns. #}
{% macro rows_of_cutoffs(model, condition) -%}
(
        select * from {{ ref(model) }}
        where {{ condition }}
    )
{%- endmacro %}
