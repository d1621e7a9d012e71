{# How a value moved a metric, by its own rate or by its share: a clause for a sentence.

   row: as of change_sentence. #}
{% macro change_cause(row) -%}
    {%- set rates = [row ~ '.top_rate_before', row ~ '.top_rate_after'] -%}
    {%- set shares = [row ~ '.top_share_before', row ~ '.top_share_after'] -%}
    {%- set before = change_number(rates[0], row ~ '.is_rate', row ~ '.scale') -%}
    {%- set after = change_number(rates[1], row ~ '.is_rate', row ~ '.scale') -%}
    {%- set from_rate = change_number(rates[0], row ~ '.is_rate', row ~ '.scale', rates[1]) -%}
    {%- set to_rate = change_number(rates[1], row ~ '.is_rate', row ~ '.scale', rates[0]) -%}
    {%- set rate = "case when " ~ row ~ ".is_rate then 'rate' else 'number' end" -%}
    case
        when {{ row }}.top_share_before is null
            then concat('which went from ', {{ from_rate }}, ' to ', {{ to_rate }}, ' per active user')
        when {{ row }}.top_rate_before is null and {{ row }}.top_rate_after is null
            then concat('which has none of the ', {{ row }}.of_what)
        when {{ row }}.top_rate_before is null
            then concat(
                'which was not there before and has ', {{ percent_text(shares[1]) }}, ' of the ', {{ row }}.of_what,
                ' at a ', {{ rate }}, ' of ', {{ after }}
            )
        when {{ row }}.top_rate_after is null
            then concat(
                'which had ', {{ percent_text(shares[0]) }}, ' of the ', {{ row }}.of_what, ' at a ', {{ rate }}, ' of ',
                {{ before }}, ' and is gone'
            )
        when abs({{ row }}.top_rate_effect) >= abs({{ row }}.top_mix_effect)
            then concat(
                'whose own ', {{ rate }},
                case when {{ row }}.top_rate_after > {{ row }}.top_rate_before then ' rose' else ' fell' end,
                ' from ', {{ from_rate }}, ' to ', {{ to_rate }}
            )
        else concat(
            'whose share of the ', {{ row }}.of_what,
            case when {{ row }}.top_share_after > {{ row }}.top_share_before then ' rose' else ' fell' end,
            ' from ', {{ percent_apart(shares[0], shares[1]) }}, ' to ', {{ percent_apart(shares[1], shares[0]) }},
            ' at a ', {{ rate }}, ' of ', {{ after }}
        )
    end
{%- endmacro %}
