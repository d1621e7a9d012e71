with

baselines as (

    select * from {{ ref('metric_baselines') }}
    where is_alert

),

named as (

    select
        *,
        case
            {%- for metric, looked_at in alert_metrics().items() %}
            when metric = '{{ metric }}'
                then {{ "replace('" ~ looked_at.what ~ "', '{segment}', segment)" }}
            {%- endfor %}
        end as what,
        {{ alert_value_text('value') }} as value_text,
        {{ alert_value_text('coalesce(expected, 0)') }} as expected_text,
        {{ alert_value_text('coalesce(expected_low, 0)') }} as low_text,
        {{ alert_value_text('coalesce(expected_high, 0)') }} as high_text
    from baselines

),

final as (

    select
        day,
        metric,
        segment,
        unit,
        value,
        expected,
        expected_low,
        expected_high,
        case when value > expected_high then 'high' else 'low' end as direction,
        numerator,
        n,
        judged_by,
        is_newest_day,
        is_provisional,
        concat(
            'On ', day, ', ',
            case
                when judged_by = 'clock'
                    then concat(
                            'rows dated in the future were set aside, ', numerator, ' of ', n,
                            ': see the clocks of who sends them'
                        )
                when judged_by = 'silence'
                    then concat(
                            what, ' are 0, and were about ', expected_text,
                            ' a day, and never 0, in the weeks before'
                        )
                when judged_by = 'bound'
                    then concat(
                            what, ' are ', value_text, ' of ', n, ', above the bound of ',
                            high_text, ' for as long as too few days are known'
                        )
                else concat(
                        what, ' are ', value_text,
                        case when unit = 'share' then concat(' of ', n) else '' end,
                        '; ', expected_text, ' were expected, and ', low_text, ' to ', high_text,
                        ' are usual'
                    )
            end,
            '.'
        ) as why
    from named

)

select * from final
