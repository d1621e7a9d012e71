{# A select with the features of (cutoff, user, ping) rows by which the response model goes, as of their cutoff: for training and for
   scores alike. What each means is in the description of int_ranking_response_examples.

   pairs: a relation with cutoff_key, user_key and ping_key, once each. condition: on cutoff_key, which the pairs satisfy. #}
{% macro response_features(pairs, condition) %}
    select
        {{ pairs }}.cutoff_key,
        {{ pairs }}.user_key,
        {{ pairs }}.ping_key,
        responded_pings.response_rate,
        responded_pings.plain_rate,
        responded_pings.length_positive as length_rate,
        responded_pings.mean_ratio,
        responded_pings.watch as ping_watch,
        responded_pings.skipped as ping_skipped,
        responded_pings.creator_positive,
        responded_pings.creator_watch,
        responded_pings.category_positive,
        responded_pings.category_watch,
        responded_pings.log_shown as ping_log_shown,
        pings.log_duration,
        coalesce(responding_users.positive, 0) as user_positive,
        coalesce(responding_users.ratio, 0) as user_ratio,
        coalesce(responding_users.skipped, 0) as user_skipped,
        coalesce(responding_users.watch, 0) as user_watch,
        coalesce(responding_users.log_watch, 0) as user_log_watch,
        coalesce(responding_users.log_watch, 0) - pings.log_duration as watch_reach,
        coalesce(responding_users.log_shown, 0) as user_log_shown,
        coalesce(durations.positive, 0) as user_duration_positive,
        coalesce(categories.positive, 0) as user_category_positive,
        users.signup_percentile as user_signup_percentile,
        pings.age_days
    from {{ pairs }}
    inner join {{ rows_of_cutoffs('int_ranking_pings', condition) }} as pings
        on
            {{ pairs }}.cutoff_key = pings.cutoff_key
            and {{ pairs }}.ping_key = pings.ping_key
    inner join {{ rows_of_cutoffs('int_ranking_response_pings', condition) }} as responded_pings
        on
            {{ pairs }}.cutoff_key = responded_pings.cutoff_key
            and {{ pairs }}.ping_key = responded_pings.ping_key
    inner join {{ rows_of_cutoffs('int_ranking_users', condition) }} as users
        on
            {{ pairs }}.cutoff_key = users.cutoff_key
            and {{ pairs }}.user_key = users.user_key
    left join {{ rows_of_cutoffs('int_ranking_response_users', condition) }} as responding_users
        on
            {{ pairs }}.cutoff_key = responding_users.cutoff_key
            and {{ pairs }}.user_key = responding_users.user_key
    {% for relation, kind, group in [('durations', 'duration', 'duration_group'), ('categories', 'category', 'category_key')] -%}
    left join {{ rows_of_cutoffs('int_ranking_response_tastes', condition ~ " and group_kind = '" ~ kind ~ "'") }} as {{ relation }}
        on
            {{ pairs }}.cutoff_key = {{ relation }}.cutoff_key
            and {{ pairs }}.user_key = {{ relation }}.user_key
            and pings.{{ group }} = {{ relation }}.group_number
    {% endfor -%}
{% endmacro %}
