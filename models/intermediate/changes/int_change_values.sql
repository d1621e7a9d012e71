{{ config(materialized=change_materialization()) }}
{%- set metrics = change_metrics() %}

with

user_values as (

    select * from {{ ref('int_change_user_values') }}

),

event_values as (

    select * from {{ ref('int_change_event_values') }}

),

totals as (

    select * from {{ ref('int_change_totals') }}

),

all_values as (

    select
        *,
        true as parts_users
    from user_values
    union all
    select
        *,
        false as parts_users
    from event_values

),

-- one row per value, with both sides
sides as (

    select
        time_window,
        dimension,
        attribute,
        parts_users,
        {%- for side, condition in [('before', 'not is_after'), ('after', 'is_after')] %}
        {%- for name in ['active_users'] + change_counts() %}
        cast(coalesce(sum({{ name }}) filter (
            where {{ condition }}
        ), 0) as bigint) as {{ name }}_{{ side }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from all_values
    group by time_window, dimension, attribute, parts_users

),

measured as (

    select
        totals.metric,
        sides.time_window,
        sides.dimension,
        sides.attribute,
        {%- for side in ['before', 'after'] %}
        {%- for column in ['numerator', 'denominator'] %}
        case totals.metric
            {%- for metric in metrics %}
            when '{{ metric.name }}' then sides.{{ metric[column] }}_{{ side }}
            {%- endfor %}
        end as {{ column }}_{{ side }},
        totals.{{ column }}_{{ side }} as whole_{{ column }}_{{ side }},
        {%- endfor %}
        {%- endfor %}
        -- who is active with several values counts with each: there is nothing to part
        not sides.parts_users and totals.metric like '%per_active_user' as is_shared
    from sides
    inner join totals on sides.time_window = totals.time_window
    where
        sides.dimension <> 'watch_time'
        or totals.metric in ({{ text_list(metrics_of_views()) }})

),

final as (

    select
        metric,
        time_window,
        dimension,
        attribute,
        numerator_before,
        case when is_shared then whole_denominator_before else denominator_before end
            as denominator_before,
        numerator_after,
        case when is_shared then whole_denominator_after else denominator_after end
            as denominator_after,
        whole_numerator_before,
        whole_denominator_before,
        whole_numerator_after,
        whole_denominator_after,
        is_shared
    from measured
    where numerator_before > 0
        or numerator_after > 0
        or denominator_before > 0
        or denominator_after > 0

)

select * from final
