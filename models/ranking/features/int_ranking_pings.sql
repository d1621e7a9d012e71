-- Shares are logarithms of how many times the catalogue's mean a ping has, with a little added to
-- each, so that they mean the same at every cutoff and in every log. Rates are pulled to the mean
-- by ten responses' worth.
{% set windows = ['6h', '24h', '48h', 'all'] %}
with

cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}

),

summed as (

    select * from {{ ref('int_ranking_ping_sums') }}

),

cutoff_pings as (

    select * from {{ ref('int_cutoff_pings') }}
    where is_in_catalogue

),

pings as (

    select
        ping_key,
        duration_sec,
        {{ time_bin('created_at', 3600) }} as created_hour
    from {{ ref('int_pings') }}

),

catalogue as (

    select
        cutoffs.cutoff_key,
        cutoffs.cutoff_hour,
        cutoff_pings.ping_key,
        cutoff_pings.category_key,
        cutoff_pings.creator_key,
        pings.created_hour,
        ln(1 + pings.duration_sec) as log_duration,
        {{ duration_group('pings.duration_sec') }} as duration_group,
        summed.hours_since_first,
        summed.hours_since_last,
        {% for window in windows -%}
        coalesce(summed.users_{{ window }}, 0) as users_{{ window }},
        coalesce(summed.gain_{{ window }}, 0) as gain_{{ window }},
        {% endfor -%}
        coalesce(summed.gain_recent, 0) as gain_recent,
        coalesce(summed.positive_24h, 0) as positive_24h,
        coalesce(summed.positive_all, 0) as positive_all,
        coalesce(summed.ratio_24h, 0) as ratio_24h,
        coalesce(summed.active_all, 0) as active_all,
        coalesce(summed.sum_signup, 0) as sum_signup,
        coalesce(summed.sum_activity, 0) as sum_activity
    from cutoff_pings
    inner join cutoffs on cutoff_pings.cutoff_key = cutoffs.cutoff_key
    inner join pings on cutoff_pings.ping_key = pings.ping_key
    left join summed
        on
            cutoff_pings.cutoff_key = summed.cutoff_key
            and cutoff_pings.ping_key = summed.ping_key

),

totals as (

    select
        cutoff_key,
        count(*) as n_pings,
        {% for window in windows -%}
        {{ exact_sum('users_' ~ window) }} as users_{{ window }},
        {{ exact_sum('gain_' ~ window) }} as gain_{{ window }},
        {% endfor -%}
        {{ exact_sum('gain_recent') }} as gain_recent,
        {{ safe_divide(exact_sum('positive_24h'), exact_sum('users_24h')) }} as positive_rate_24h,
        {{ safe_divide('sum(positive_all)', exact_sum('users_all')) }} as positive_rate_all,
        {{ safe_divide(exact_sum('ratio_24h'), exact_sum('users_24h')) }} as mean_ratio_24h,
        {{ safe_divide('sum(active_all)', exact_sum('users_all')) }} as active_rate,
        {{ safe_divide(exact_sum('sum_signup'), exact_sum('users_all')) }} as mean_signup,
        {{ safe_divide(exact_sum('sum_activity'), exact_sum('users_all')) }} as mean_activity
    from catalogue
    group by cutoff_key

),

final as (

    select
        catalogue.cutoff_key,
        catalogue.ping_key,
        catalogue.category_key,
        catalogue.creator_key,
        catalogue.duration_group,
        catalogue.log_duration,
        catalogue.gain_recent,
        coalesce(
            {{ safe_divide('catalogue.cutoff_hour - catalogue.created_hour', '24') }},
            {{ var('default_age_days') }}
        ) as age_days,
        catalogue.hours_since_first,
        catalogue.hours_since_last,
        {% for window in windows -%}
        {{ log_share('catalogue.users_' ~ window, 'totals.users_' ~ window, 'totals.n_pings') }}
            as users_share_{{ window }},
        {{ log_share('catalogue.gain_' ~ window, 'totals.gain_' ~ window, 'totals.n_pings') }}
            as gain_share_{{ window }},
        {% endfor -%}
        {{ log_share('catalogue.gain_recent', 'totals.gain_recent', 'totals.n_pings') }}
            as prior_score,
        {{ smoothed_rate(
            'catalogue.positive_24h', 'catalogue.users_24h', 'totals.positive_rate_24h'
        ) }}
            as positive_rate_24h,
        {{ smoothed_rate(
            'catalogue.positive_all', 'catalogue.users_all', 'totals.positive_rate_all'
        ) }}
            as positive_rate_all,
        {{ smoothed_rate('catalogue.ratio_24h', 'catalogue.users_24h', 'totals.mean_ratio_24h') }}
            as mean_ratio_24h,
        {{ smoothed_rate('catalogue.active_all', 'catalogue.users_all', 'totals.active_rate') }}
            as active_rate,
        {{ smoothed_rate('catalogue.sum_signup', 'catalogue.users_all', 'totals.mean_signup') }}
        - totals.mean_signup as audience_signup,
        {{ smoothed_rate('catalogue.sum_activity', 'catalogue.users_all', 'totals.mean_activity') }}
        - totals.mean_activity as audience_activity
    from catalogue
    inner join totals on catalogue.cutoff_key = totals.cutoff_key

)

select * from final
