{# A query that gives a candidate source that orders pings for each user: the first of what the user has not seen, with
   cutoff_key, user_key, ping_key, source and source_rank, 1 for the best.

   source: its name. offered: a relation with cutoff_key, user_key and ping_key, once each, and what order_by names.
   history: the model int_ranking_history, or a CTE that imports it. order_by: expressions; ties go by ping_id. #}
{% macro source_lists(source, offered, history, order_by) %}
    select
        cutoff_key,
        user_key,
        ping_key,
        '{{ source }}' as source,
        source_rank
    from (
        select
            {{ offered }}.cutoff_key,
            {{ offered }}.user_key,
            {{ offered }}.ping_key,
            row_number() over (
                partition by {{ offered }}.cutoff_key, {{ offered }}.user_key
                order by {{ order_by }}, pings.ping_order
            ) as source_rank
        from {{ offered }}
        inner join {{ ref('int_pings') }} as pings on {{ offered }}.ping_key = pings.ping_key
        left join {{ history }}
            on
                {{ offered }}.cutoff_key = {{ history }}.cutoff_key
                and {{ offered }}.user_key = {{ history }}.user_key
                and {{ offered }}.ping_key = {{ history }}.ping_key
        where {{ history }}.ping_key is null
    ) as ranked
    where source_rank <= {{ var('ranking_source_pings') }}
{% endmacro %}
