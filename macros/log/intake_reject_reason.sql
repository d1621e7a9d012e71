{# Why a raw row is rejected; null where it is not. Arguments as in intake_outcome. #}
{% macro intake_reject_reason(is_after_as_of, reject_reason, copy_number=none) -%}
    case
        when {{ is_after_as_of }} then null
        when {{ reject_reason }} is not null then {{ reject_reason }}
        {%- if copy_number %}
        when {{ copy_number }} > 1 then 'duplicate'
        {%- endif %}
    end
{%- endmacro %}
