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

pings as (

    select
        *,
        {{ time_bin('created_at', 3600) }} as created_hour
    from {{ ref('int_pings') }}
    where is_in_catalogue

),

catalogue as (

    select
        cutoffs.cutoff_key,
        cutoffs.cutoff_hour,
        pings.ping_key,
        pings.category_key,
        pings.creator_key,
        pings.created_at,
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
        coalesce(summed.sum_activity, 0) as sum_activity,
        coalesce(summed.global_engagement, 0) as global_engagement
    from pings
    inner join cutoffs
        on
            cutoffs.is_serving
            or pings.created_hour is null
            or pings.created_hour < cutoffs.cutoff_hour
    left join summed
        on
            cutoffs.cutoff_key = summed.cutoff_key
            and pings.ping_key = summed.ping_key

),

totals as (

    select
        cutoff_key,
        count(*) as n_pings,
        max(created_at) as newest_created_at,
        min(global_engagement) as least_engagement,
        max(global_engagement) as most_engagement,
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
        catalogue.global_engagement,
        catalogue.gain_recent,
        coalesce({{ safe_divide(
            'catalogue.global_engagement - totals.least_engagement',
            'totals.most_engagement - totals.least_engagement'
        ) }}, 0) as popularity,
        1.0 / (1 + coalesce(
            floor({{ elapsed_seconds(
                'catalogue.created_at', 'totals.newest_created_at'
            ) }} / 86400),
            {{ var('default_age_days') }}
        )) as freshness,
        coalesce(
            (catalogue.cutoff_hour - catalogue.created_hour) / 24.0, {{ var('default_age_days') }}
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
