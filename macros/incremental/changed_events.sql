{# A query that gives the rows of the log that are new, or that became or no longer are the copy that counts or of the future, since
   the model's table was last built: user_key, ping_key and event_timestamp. #}
{% macro changed_events() %}
    {%- for log in ['int_interactions', 'int_exposures'] %}
    select
        user_key,
        ping_key,
        event_timestamp
    from {{ ref(log) }}
    where
        (
            changed_in_batch > {{ last_batch() }}
            and (
                reject_reason is null
                or reject_reason = 'duplicate'
            )
        )
        {%- if last_date_bound() %}
        -- what was of the future no longer is, or the other way round
        or (
            reject_reason is null
            and event_timestamp >= least(cast('{{ last_date_bound() }}' as timestamp), (
                {{ date_bound('event_timestamp') }}
            ))
            and event_timestamp < greatest(cast('{{ last_date_bound() }}' as timestamp), (
                {{ date_bound('event_timestamp') }}
            ))
        )
        {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{% endmacro %}
