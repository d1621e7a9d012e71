-- How long a video is explains most of whether it is half watched: what is said of users and pings
-- is how they differ from this. Groups with few pairs are pulled to the mean of all by twenty.
{% set measures = ['positive', 'ratio', 'skipped', 'log_watch'] %}
with

watches as (

    select * from {{ ref('int_ranking_response_watches') }}

),

summed as (

    select
        cutoff_key,
        length_group,
        count(*) as n_pairs,
        {% for measure in measures -%}
        {{ exact_sum(measure) }} as sum_{{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from watches
    group by cutoff_key, length_group

),

totals as (

    select
        cutoff_key,
        {% for measure in measures -%}
        {{ safe_divide(exact_sum('sum_' ~ measure), 'sum(n_pairs)') }} as mean_{{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from summed
    group by cutoff_key

),

final as (

    select
        summed.cutoff_key,
        summed.length_group,
        {% for measure in measures -%}
        {{ smoothed_rate(
            'summed.sum_' ~ measure, 'summed.n_pairs', 'totals.mean_' ~ measure, 20
        ) }}
            as mean_{{ measure }},
        {% endfor -%}
        totals.mean_positive as overall_positive,
        totals.mean_log_watch as overall_log_watch
    from summed
    inner join totals on summed.cutoff_key = totals.cutoff_key

)

select * from final
