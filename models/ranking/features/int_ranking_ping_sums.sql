{% set decays = ['6h', '24h', '48h', 'all'] %}
with

history as (

    select * from {{ ref('int_ranking_history') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

windows as (

    select * from {{ ref('int_ranking_windows') }}

),

weighted as (

    select
        history.*,
        users.signup_percentile,
        users.log_activity,
        {% for window in decays -%}
        {% if window == 'all' -%}
        1.0 as weight_all,
        {% else -%}
        exp(-history.hours_since_last / windows.hours_{{ window }}) as weight_{{ window }},
        {% endif -%}
        {% endfor -%}
        exp(-history.hours_since_last / windows.decay_hours) as weight_recent
    from history
    inner join users
        on
            history.cutoff_key = users.cutoff_key
            and history.user_key = users.user_key
    cross join windows

),

final as (

    select
        cutoff_key,
        ping_key,
        {% for window in decays -%}
        {{ exact_small_sum('weight_' ~ window) }} as users_{{ window }},
        {{ exact_small_sum('weight_' ~ window ~ ' * gain') }} as gain_{{ window }},
        {% endfor -%}
        {{ exact_small_sum('weight_recent * gain') }} as gain_recent,
        {{ exact_small_sum('weight_24h * positive') }} as positive_24h,
        sum(positive) as positive_all,
        {{ exact_small_sum('weight_24h * watch_time_ratio') }} as ratio_24h,
        sum(active) as active_all,
        {{ exact_small_sum('signup_percentile') }} as sum_signup,
        {{ exact_small_sum('log_activity') }} as sum_activity,
        max(hours_since_first) as hours_since_first,
        min(hours_since_last) as hours_since_last
    from weighted
    group by cutoff_key, ping_key

)

select * from final
