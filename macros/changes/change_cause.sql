{# How a value moved a metric, by its own rate or by its share: a clause for a sentence.

   row: as of change_sentence. #}
{% macro change_cause(row) -%}
    {%- set before = change_number(row ~ '.top_rate_before', row ~ '.is_rate', row ~ '.scale') -%}
    {%- set after = change_number(row ~ '.top_rate_after', row ~ '.is_rate', row ~ '.scale') -%}
    {%- set rate = "case when " ~ row ~ ".is_rate then 'rate' else 'number' end" -%}
    {%- set share_before = percent_text(row ~ '.top_share_before') -%}
    {%- set share_after = percent_text(row ~ '.top_share_after') -%}
    case
        when {{ row }}.top_share_before is null
            then concat('which went from ', {{ before }}, ' to ', {{ after }}, ' per active user')
        when {{ row }}.top_rate_before is null and {{ row }}.top_rate_after is null
            then concat('which has none of the ', {{ row }}.of_what)
        when {{ row }}.top_rate_before is null
            then concat(
                'which was not there before and has ', {{ share_after }}, ' of the ', {{ row }}.of_what, ' at a ',
                {{ rate }}, ' of ', {{ after }}
            )
        when {{ row }}.top_rate_after is null
            then concat(
                'which had ', {{ share_before }}, ' of the ', {{ row }}.of_what, ' at a ', {{ rate }}, ' of ',
                {{ before }}, ' and is gone'
            )
        when abs({{ row }}.top_rate_effect) >= abs({{ row }}.top_mix_effect)
            then concat(
                'whose own ', {{ rate }},
                case when {{ row }}.top_rate_after > {{ row }}.top_rate_before then ' rose' else ' fell' end,
                ' from ', {{ before }}, ' to ', {{ after }}
            )
        else concat(
            'whose share of the ', {{ row }}.of_what,
            case when {{ row }}.top_share_after > {{ row }}.top_share_before then ' rose' else ' fell' end,
            ' from ', {{ share_before }}, ' to ', {{ share_after }}, ' at a ', {{ rate }}, ' of ', {{ after }}
        )
    end
{%- endmacro %}
