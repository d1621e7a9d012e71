{# A share as a text, as whole percent such as 5 %. share: an expression. #}
{% macro percent_text(share) -%}
    concat(cast(floor(100 * ({{ share }}) + 0.5) as bigint), ' %')
{%- endmacro %}
