{# The joins of ranking_features that own features need, as own_users and own_pings; nothing without any. A row of them is left out at a
   cutoff by which it had not arrived: one without an arrival is known at every cutoff, and at the serving one all are.

   pairs, condition: of ranking_features. #}
{% macro own_joins(pairs, condition) -%}
    {%- set tables = [] -%}
    {%- for table in ['users', 'pings'] if var('ranking_' ~ table[:-1] ~ '_features') -%}{%- do tables.append(table) -%}{%- endfor -%}
    {%- if tables -%}
    inner join {{ rows_of_cutoffs('int_ranking_cutoffs', condition) }} as own_cutoffs
        on {{ pairs }}.cutoff_key = own_cutoffs.cutoff_key
    {% endif -%}
    {%- for table in tables -%}
    left join {{ ref('int_own_' ~ table[:-1] ~ '_features') }} as own_{{ table }}
        on
            {{ pairs }}.{{ table[:-1] }}_key = own_{{ table }}.{{ table[:-1] }}_key
            and (
                own_cutoffs.is_serving
                or coalesce({{ time_bin('own_' ~ table ~ '.loaded_at', 3600) }} < own_cutoffs.cutoff_hour, true)
            )
    {% endfor -%}
{%- endmacro %}
