{# The heuristic's score, as of its cutoff, of pairs of a list: a select with cutoff_key, user_key, ping_key and
   heuristic_score.

   pairs: CTE with cutoff_key, user_key and ping_key, once each.
   Needs the CTEs users, orderings, user_categories and user_creators beside it. #}
{% macro score_listed_pairs(pairs) %}
    select
        {{ pairs }}.cutoff_key,
        {{ pairs }}.user_key,
        {{ pairs }}.ping_key,
        {{ heuristic_score(
            'orderings.base_score',
            affinity_part('category', 'user_categories.n_events', 'users.n_log_events'),
            affinity_part('creator', 'user_creators.n_events', 'users.n_log_events')
        ) }} as heuristic_score
    from {{ pairs }}
    inner join users
        on
            {{ pairs }}.cutoff_key = users.cutoff_key
            and {{ pairs }}.user_key = users.user_key
    inner join orderings
        on
            {{ pairs }}.cutoff_key = orderings.cutoff_key
            and {{ pairs }}.ping_key = orderings.ping_key
    left join user_categories
        on
            {{ pairs }}.cutoff_key = user_categories.cutoff_key
            and {{ pairs }}.user_key = user_categories.user_key
            and orderings.category_key = user_categories.category_key
    left join user_creators
        on
            {{ pairs }}.cutoff_key = user_creators.cutoff_key
            and {{ pairs }}.user_key = user_creators.user_key
            and orderings.creator_key = user_creators.creator_key
{% endmacro %}
