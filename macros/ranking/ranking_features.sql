{# A select with the features of (cutoff, user, ping) rows as of their cutoff: the one place where features are put together,
   for training and for serving. What each means is in the description of int_ranking_examples; own ones come first. None is a decimal:
   Python takes those one by one.

   pairs: a relation with cutoff_key, user_key and ping_key, once each. condition: on cutoff_key, which the pairs satisfy, as in
   "cutoff_key = 0": rows of other cutoffs are not looked at. #}
{% macro ranking_features(pairs, condition) %}
    select
        {{ pairs }}.cutoff_key,
        {{ pairs }}.user_key,
        {{ pairs }}.ping_key,
        {{ own_selected() -}}
        {{ ranking_ping_columns() -}}
        {{ ranking_user_columns() -}}
        coalesce(signup_groups.log_lift, 0) as signup_group_lift,
        coalesce(activity_groups.log_lift, 0) as activity_group_lift,
        (users.signup_percentile - 0.5) * pings.audience_signup as signup_match,
        abs(users.signup_percentile - 0.5 - pings.audience_signup) as signup_distance,
        users.log_activity * pings.audience_activity as activity_match,
        coalesce(categories.n_pings, 0) as category_pings,
        {{ smoothed_rate('coalesce(categories.n_pings, 0)', 'users.n_pings', 'category_totals.pings_share', 2) }}
        / coalesce(category_totals.pings_share, 1) as category_affinity,
        {{ smoothed_rate(
            'coalesce(categories.n_positive, 0)', 'coalesce(categories.n_pings, 0)', 'category_totals.positive_rate', 2
        ) }} as category_positive_rate,
        coalesce(category_lifts.expected_lift, 1) as category_lift,
        coalesce(declared_interests.affinity, 0) as declared_affinity,
        abs(pings.log_duration - users.mean_log_duration) as duration_distance,
        {{ smoothed_rate(
            'coalesce(durations.n_positive, 0)', 'coalesce(durations.n_pings, 0)', 'users.positive_rate', 2
        ) }} as duration_positive_rate,
        coalesce(covisitation.covisitation, 0) as covisitation,
        coalesce(creators.n_pings, 0) as creator_pings,
        cast(coalesce(creators.n_positive, 0) as {{ type_double() }}) as creator_positive
    from {{ pairs }}
    inner join {{ rows_of_cutoffs('int_ranking_pings', condition) }} as pings
        on
            {{ pairs }}.cutoff_key = pings.cutoff_key
            and {{ pairs }}.ping_key = pings.ping_key
    inner join {{ rows_of_cutoffs('int_ranking_users', condition) }} as users
        on
            {{ pairs }}.cutoff_key = users.cutoff_key
            and {{ pairs }}.user_key = users.user_key
    {% for kind in ['signup', 'activity'] -%}
    left join {{ rows_of_cutoffs('int_ranking_group_lifts', condition ~ " and group_kind = '" ~ kind ~ "'") }} as {{ kind }}_groups
        on
            users.cutoff_key = {{ kind }}_groups.cutoff_key
            and users.{{ kind }}_group = {{ kind }}_groups.group_number
            and pings.ping_key = {{ kind }}_groups.ping_key
    {% endfor -%}
    left join {{ rows_of_cutoffs('int_ranking_category_totals', condition) }} as category_totals
        on
            pings.cutoff_key = category_totals.cutoff_key
            and pings.category_key = category_totals.category_key
    {% for relation, rows in [
        ('categories', rows_of_cutoffs('int_ranking_user_categories', condition)),
        ('category_lifts', rows_of_cutoffs('int_ranking_category_lifts', condition)),
        ('declared_interests', rows_of_cutoffs('int_ranking_interests', condition ~ ' and is_declared')),
    ] -%}
    left join {{ rows }} as {{ relation }}
        on
            users.cutoff_key = {{ relation }}.cutoff_key
            and users.user_key = {{ relation }}.user_key
            and pings.category_key = {{ relation }}.category_key
    {% endfor -%}
    left join {{ rows_of_cutoffs('int_ranking_user_durations', condition) }} as durations
        on
            users.cutoff_key = durations.cutoff_key
            and users.user_key = durations.user_key
            and pings.duration_group = durations.duration_group
    left join {{ rows_of_cutoffs('int_ranking_user_creators', condition) }} as creators
        on
            users.cutoff_key = creators.cutoff_key
            and users.user_key = creators.user_key
            and pings.creator_key = creators.creator_key
    {{ own_joins(pairs, condition) -}}
    left join {{ rows_of_cutoffs('int_ranking_covisitation', condition) }} as covisitation
        on
            {{ pairs }}.cutoff_key = covisitation.cutoff_key
            and {{ pairs }}.user_key = covisitation.user_key
            and {{ pairs }}.ping_key = covisitation.ping_key
{% endmacro %}
