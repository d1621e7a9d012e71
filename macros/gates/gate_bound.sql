{# The value above which each gate gives a level, as an expression over a column `gate`; null where that is switched off.

   level: warn or error. is_text: whether as it is said in a sentence, with the variable's name. #}
{% macro gate_bound(level, is_text=false) -%}
    case gate
    {%- for gate, judged in gates().items() %}
        {%- set bound = var(judged[level]) %}
        {%- if bound is not none %}
        when '{{ gate }}' then
            {%- if is_text %} '
            {%- if judged.unit == 'share' %}{{ '%.4g' % (bound * 100) }} %{% else %}{{ '%.6g' % bound }}{{ ' h' if judged.unit == 'hours' }}{% endif %} ({{ judged[level] }})'
            {%- else %} cast({{ bound }} as {{ type_double() }})
            {%- endif %}
        {%- endif %}
    {%- endfor %}
        else cast(null as {{ dbt.type_string() if is_text else type_double() }})
    end
{%- endmacro %}
