{# The features of a ping alone, with a comma after each, for a select list that has int_ranking_pings as pings: those of
   ranking_features and of the table that serving reads. No arguments. #}
{% macro ranking_ping_columns() -%}
    pings.prior_score,
        pings.users_share_6h,
        pings.users_share_24h,
        pings.users_share_all,
        pings.gain_share_6h,
        pings.gain_share_24h,
        pings.gain_share_48h,
        pings.gain_share_all,
        pings.positive_rate_24h,
        pings.positive_rate_all,
        pings.mean_ratio_24h,
        pings.active_rate,
        pings.audience_signup,
        pings.audience_activity,
        pings.log_duration,
        pings.users_share_6h - pings.users_share_24h as trend_6h,
        pings.users_share_24h - pings.users_share_all as trend_24h,
        cast(coalesce(pings.hours_since_first, -1) as {{ type_double() }}) as hours_since_first,
        cast(coalesce(pings.hours_since_last, -1) as {{ type_double() }}) as hours_since_last,
        pings.age_days,
        {% endmacro %}
