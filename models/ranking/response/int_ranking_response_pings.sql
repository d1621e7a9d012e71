-- A ping that few were shown is taken for one of its length and creator; a creator of whom little
-- is known for one like all.
{% set groups = {'category': 50, 'creator': 10} %}
with

cutoff_pings as (

    select * from {{ ref('int_cutoff_pings') }}
    where is_in_catalogue

),

pings as (

    select
        ping_key,
        {{ length_group('duration_sec') }} as length_group
    from {{ ref('int_pings') }}

),

lengths as (

    select * from {{ ref('int_ranking_response_lengths') }}

),

excesses as (

    select * from {{ ref('int_ranking_response_excesses') }}

),

overall as (

    select
        cutoff_key,
        max(overall_positive) as positive
    from lengths
    group by cutoff_key

),

summed as (

    select
        cutoff_key,
        ping_key,
        category_key,
        creator_key,
        count(*) as n_shown,
        sum(positive) as n_positive,
        {{ exact_sum('excess_positive') }} as positive,
        {{ exact_sum('excess_ratio') }} as ratio,
        {{ exact_sum('excess_skipped') }} as skipped,
        {{ exact_sum('excess_watch') }} as watch
    from excesses
    group by cutoff_key, ping_key, category_key, creator_key

),

{% for group, strength in groups.items() -%}
by_{{ group }} as (

    select
        cutoff_key,
        {{ group }}_key,
        {% for measure in ['positive', 'watch'] -%}
        {{ smoothed_rate(exact_sum(measure), 'sum(n_shown)', '0', strength) }} as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from summed
    where {{ group }}_key <> 0
    group by cutoff_key, {{ group }}_key

),

{% endfor -%}
joined as (

    select
        cutoff_pings.cutoff_key,
        cutoff_pings.ping_key,
        coalesce(summed.n_shown, 0) as n_shown,
        coalesce(summed.n_positive, 0) as n_positive,
        {% for measure in ['ratio', 'skipped', 'watch'] -%}
        {{ smoothed_rate(
            'coalesce(summed.' ~ measure ~ ', 0)', 'coalesce(summed.n_shown, 0)', '0', 10
        ) }}
            as {{ measure }},
        {% endfor -%}
        {% for group in groups -%}
        coalesce(by_{{ group }}.positive, 0) as {{ group }}_positive,
        coalesce(by_{{ group }}.watch, 0) as {{ group }}_watch,
        {% endfor -%}
        coalesce(lengths.mean_positive, overall.positive) as length_positive,
        coalesce(lengths.mean_ratio, 0) as length_ratio,
        overall.positive as overall_positive
    from cutoff_pings
    inner join pings on cutoff_pings.ping_key = pings.ping_key
    inner join overall on cutoff_pings.cutoff_key = overall.cutoff_key
    left join lengths
        on
            cutoff_pings.cutoff_key = lengths.cutoff_key
            and pings.length_group = lengths.length_group
    left join summed
        on
            cutoff_pings.cutoff_key = summed.cutoff_key
            and cutoff_pings.ping_key = summed.ping_key
    {% for group in groups -%}
    left join by_{{ group }}
        on
            cutoff_pings.cutoff_key = by_{{ group }}.cutoff_key
            and cutoff_pings.{{ group }}_key = by_{{ group }}.{{ group }}_key
    {% endfor %}
),

final as (

    select
        cutoff_key,
        ping_key,
        {{ smoothed_rate(
            'n_positive',
            'n_shown',
            'least(greatest(length_positive + creator_positive, 0.01), 0.95)',
            20
        ) }}
            as response_rate,
        {{ smoothed_rate('n_positive', 'n_shown', 'overall_positive') }} as plain_rate,
        length_positive,
        length_ratio + ratio as mean_ratio,
        watch,
        skipped,
        creator_positive,
        creator_watch,
        category_positive,
        category_watch,
        ln(1 + cast(n_shown as {{ type_double() }})) as log_shown
    from joined

)

select * from final
