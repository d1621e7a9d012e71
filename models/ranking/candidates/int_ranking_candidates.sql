-- The sources take turns: all first places, then all second places, and so on, until the list is
-- full. What is restricted for a user is no candidate at any cutoff.
{% set sources = ranking_sources() %}
with

{% for source in sources -%}
source_{{ source }} as (

    select * from {{ ref('int_ranking_source_' ~ source) }}

),

{% endfor -%}
orderings as (

    select * from {{ ref('int_ranking_orderings') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}

),

sourced as (
    {% for source in sources %}
    select
        cutoff_key,
        user_key,
        ping_key,
        source,
        source_rank
    from source_{{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

merged as (

    select
        cutoff_key,
        user_key,
        ping_key,
        {% for source in sources -%}
        min(case when source = '{{ source }}' then source_rank end) as {{ source }}_rank,
        {% endfor -%}
        {% if 'two_tower' not in sources -%}
        cast(null as bigint) as two_tower_rank,
        {% endif -%}
        min(source_rank) as best_rank,
        count(*) as n_sources
    from sourced
    group by cutoff_key, user_key, ping_key

),

restricted as (

    {{ restricted_pairs('merged', 'user_restrictions', 'restricted_pings') | trim }}

),

ranked as (

    select
        merged.*,
        row_number() over (
            partition by merged.cutoff_key, merged.user_key
            order by
                merged.best_rank,
                merged.n_sources desc,
                orderings.trending_rank
        ) as candidate_rank
    from merged
    inner join orderings
        on
            merged.cutoff_key = orderings.cutoff_key
            and merged.ping_key = orderings.ping_key
    left join restricted
        on
            merged.user_key = restricted.user_key
            and merged.ping_key = restricted.ping_key
    where restricted.ping_key is null

),

final as (

    select * from ranked
    where candidate_rank <= {{ var('ranking_candidates') }}

)

select * from final
