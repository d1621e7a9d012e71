{# The rates and shares of the value that explains a change as texts, which tell both sides apart: columns rate_before_text, rate_after_text,
   share_before_text and share_after_text, null where there is none.

   row: a CTE with the columns of metric_change_summary, is_rate and scale. #}
{% macro change_texts(row) -%}
    {%- for side, other in [('before', 'after'), ('after', 'before')] %}
    {%- set rate, share = row ~ '.top_rate_', row ~ '.top_share_' %}
    {{ change_number(rate ~ side, rate ~ other, row ~ '.is_rate', row ~ '.scale') }} as rate_{{ side }}_text,
    {{ percent_apart(share ~ side, share ~ other) }} as share_{{ side }}_text
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
