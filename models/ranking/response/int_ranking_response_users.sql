-- Pulled to what is usual by three pings' worth.
{% set measures = {
    'excess_positive': 'positive',
    'excess_ratio': 'ratio',
    'excess_skipped': 'skipped',
    'excess_watch': 'watch',
    'watch_over_mean': 'log_watch',
} %}
with

excesses as (

    select * from {{ ref('int_ranking_response_excesses') }}

),

final as (

    select
        cutoff_key,
        user_key,
        {% for measure, name in measures.items() -%}
        {{ smoothed_rate(exact_sum(measure), 'count(*)', '0', 3) }} as {{ name }},
        {% endfor -%}
        ln(1 + cast(count(*) as {{ type_double() }})) as log_shown
    from excesses
    group by cutoff_key, user_key

)

select * from final
