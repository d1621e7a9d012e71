{# What a metric did, and which value of a dimension explains it, in a sentence, and one more for each reason to be careful: a text expression.

   row: a CTE with the columns of metric_change_summary but the sentence, with is_in_log, label, is_rate, of_what, scale, dimension_label
   and the columns of change_texts. #}
{% macro change_sentence(row) -%}
    {%- set size = change_size(row ~ '.change', row ~ '.is_rate', row ~ '.scale') -%}
    {%- set top = change_size(row ~ '.top_effect', row ~ '.is_rate', row ~ '.scale') -%}
    {%- set bare_top = change_size(row ~ '.top_effect', row ~ '.is_rate', row ~ '.scale', unit=false) -%}
    {%- set named = 'concat(' ~ row ~ ".dimension_label, ' ', " ~ row ~ '.top_value_label)' -%}
    {%- set direction = "case when " ~ row ~ ".top_effect > 0 then ' up' else ' down' end" -%}
    {%- set least = '(case when ' ~ row ~ '.is_rate then 0.0005 else 0.5 / ' ~ row ~ '.scale end)' -%}
    {#- more than all of the change, or against it: no part of it -#}
    {%- set is_apart -%}
        abs({{ row }}.change) < {{ least }}
        or {{ row }}.top_effect * {{ row }}.change < 0
        or abs({{ row }}.top_effect) > abs({{ row }}.change)
    {%- endset -%}
    {%- set least_text -%}
        case when {{ row }}.is_rate then '0.05 points'
            when {{ row }}.scale = 10 then '0.05' when {{ row }}.scale = 100 then '0.005' else '0.0005' end
    {%- endset -%}
    concat(
        {{ row }}.label,
        case
            when {{ row }}.change is null then concat(
                ' cannot be compared: there were no ', {{ row }}.of_what, ' in ',
                case
                    when {{ row }}.denominator_before > 0 then 'the later span.'
                    when {{ row }}.denominator_after > 0 then 'the earlier span.'
                    else 'either span.'
                end
            )
            when {{ row }}.change = 0 and {{ row }}.concentration = 0 then ' did not change.'
            else concat(
                case
                    when abs({{ row }}.change) < {{ least }} then ' hardly changed'
                    else concat(case when {{ row }}.change > 0 then ' rose by ' else ' fell by ' end, {{ size }})
                end,
                case
                    when {{ row }}.concentration = 0 and {{ row }}.dimension_values = 1
                        then concat('; ', {{ named }}, ' is all there is.')
                    when {{ row }}.concentration = 0 and coalesce(abs({{ row }}.top_effect), 0) < {{ least }}
                        then concat('; no ', {{ row }}.dimension_label, ' stands out beyond chance.')
                    when {{ row }}.concentration = 0
                        then concat(
                            '; no ', {{ row }}.dimension_label, ' stands out beyond chance (most, ', {{ top }},
                            {{ direction }}, ', from ', {{ named }}, ').'
                        )
                    when abs({{ row }}.top_effect) < {{ least }}
                        then concat(
                            '; ', {{ named }}, ' stands out beyond chance, but moved it by less than ', {{ least_text }}, '.'
                        )
                    else concat(
                        case
                            when {{ is_apart }} then '; '
                            else concat(
                                ': ', {{ bare_top }}, ' of ', case when {{ row }}.is_rate then 'them' else 'it' end,
                                ' from '
                            )
                        end,
                        {{ named }}, ', ', {{ change_cause(row) }},
                        case when {{ is_apart }} then concat(', alone moved it', {{ direction }}, ' by ', {{ top }}) else '' end,
                        '.'
                    )
                end
            )
        end,
        case
            when {{ row }}.change is null or {{ row }}.is_in_log then ''
            else ' The log does not reach back over both spans.'
        end,
        case
            when {{ row }}.change is null or not {{ row }}.is_few then ''
            when least({{ row }}.denominator_before, {{ row }}.denominator_after) < {{ var('few_below') }}
                then concat(' Few: below {{ var("few_below") }} ', {{ row }}.of_what, ' in a span.')
            else concat(' Few: below {{ var("few_below") }} users with ', {{ row }}.of_what, ' in a span.')
        end,
        case
            when {{ row }}.change is not null and {{ row }}.is_provisional
                then ' Provisional: impressions of the last 24 hours may still be viewed.'
            else ''
        end
    )
{%- endmacro %}
