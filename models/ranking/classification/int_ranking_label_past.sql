-- Rows and events in one stream: what a row knows is the sum over the events of earlier seconds, so
-- that nothing of its own moment or later can be in it.
{% set pasts = {
    'user': 'user_key',
    'ping': 'ping_key',
    'category': 'user_key, category_key',
    'creator': 'user_key, creator_key',
} %}
with

label_rows as (

    select * from {{ ref('int_ranking_label_rows') }}

),

events as (

    select
        user_key,
        ping_key,
        {{ time_bin('event_timestamp', 1) }} as second_number,
        event_score
    from {{ ref('int_scored_events') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

seconds as (

    select
        user_key,
        ping_key,
        second_number,
        {{ exact_sum('event_score') }} as score
    from events
    group by user_key, ping_key, second_number

),

counted as (

    select
        *,
        case
            when second_number = min(second_number) over (partition by user_key, ping_key) then 1
            else 0
        end as n_pairs
    from seconds

),

stream as (

    select
        false as is_row,
        user_key,
        ping_key,
        second_number,
        n_pairs,
        {{ double_as_decimal('greatest(least(score, 1e9), -1e9)') }} as score
    from counted
    union all
    select
        true as is_row,
        user_key,
        ping_key,
        first_second as second_number,
        0 as n_pairs,
        cast(0 as decimal(38, 12)) as score
    from label_rows

),

placed as (

    select
        stream.*,
        case when not stream.is_row then stream.second_number end as event_second,
        pings.category_key,
        pings.creator_key
    from stream
    inner join pings on stream.ping_key = pings.ping_key

),

summed as (

    select
        is_row,
        user_key,
        ping_key,
        {% for past, keys in pasts.items() -%}
        sum(n_pairs) over (
            partition by {{ keys }} order by second_number
            range between unbounded preceding and 1 preceding
        ) as {{ past }}_pairs,
        sum(score) over (
            partition by {{ keys }} order by second_number
            range between unbounded preceding and 1 preceding
        ) as {{ past }}_score,
        max(event_second) over (
            partition by {{ keys }} order by second_number
            range between unbounded preceding and 1 preceding
        ) as {{ past }}_second,
        {% endfor -%}
        category_key,
        creator_key,
        second_number
    from placed

),

final as (

    select
        user_key,
        {% for past in pasts -%}
        {% set known = past ~ '_key <> 0' if past in ['category', 'creator'] else 'true' -%}
        case when {{ known }} then ln(1 + coalesce({{ past }}_pairs, 0)) end
            as past_{{ past }}_pings,
        case when {{ known }} then {{ safe_divide(past ~ '_score', past ~ '_pairs') }} end
            as past_{{ past }}_score,
        {% endfor -%}
        ln(1 + {{ safe_divide('second_number - user_second', '3600') }}) as past_user_hours,
        ln(1 + {{ safe_divide('second_number - ping_second', '3600') }}) as past_ping_hours,
        ping_key
    from summed
    where is_row

)

select * from final
