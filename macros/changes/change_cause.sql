{# How a value moved a metric, by its own rate or by its share: a clause for a sentence.

   row: as of change_sentence. #}
{% macro change_cause(row) -%}
    {%- set rate = "case when " ~ row ~ ".is_rate then 'rate' else 'number' end" -%}
    case
        when {{ row }}.top_share_before is null
            then concat(
                'which went from ', {{ row }}.rate_before_text, ' to ', {{ row }}.rate_after_text, ' per active user'
            )
        when {{ row }}.top_rate_before is null and {{ row }}.top_rate_after is null
            then concat('which has none of the ', {{ row }}.of_what)
        when {{ row }}.top_rate_before is null
            then concat(
                'which was not there before and has ', {{ row }}.share_after_text, ' of the ', {{ row }}.of_what,
                ' at a ', {{ rate }}, ' of ', {{ row }}.rate_after_text
            )
        when {{ row }}.top_rate_after is null
            then concat(
                'which had ', {{ row }}.share_before_text, ' of the ', {{ row }}.of_what, ' at a ', {{ rate }}, ' of ',
                {{ row }}.rate_before_text, ' and is gone'
            )
        when abs({{ row }}.top_rate_effect) >= abs({{ row }}.top_mix_effect)
            then concat(
                'whose own ', {{ rate }},
                case when {{ row }}.top_rate_after > {{ row }}.top_rate_before then ' rose' else ' fell' end,
                ' from ', {{ row }}.rate_before_text, ' to ', {{ row }}.rate_after_text
            )
        else concat(
            'whose share of the ', {{ row }}.of_what,
            case when {{ row }}.top_share_after > {{ row }}.top_share_before then ' rose' else ' fell' end,
            ' from ', {{ row }}.share_before_text, ' to ', {{ row }}.share_after_text,
            ' at a ', {{ rate }}, ' of ', {{ row }}.rate_after_text
        )
    end
{%- endmacro %}
