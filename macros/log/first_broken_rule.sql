{# Why a row is rejected: the reason of the first rule that it breaks; null where it breaks none.

   rules: of interaction_rules or exposure_rules. #}
{% macro first_broken_rule(rules) -%}
    case
        {%- for condition, reason in rules %}
        when not ({{ condition }}) then {{ reason }}
        {%- endfor %}
    end
{%- endmacro %}
