with

facts as (

    select * from {{ ref('int_ranking_stage_facts') }}
    where kind = 'parameter'

),

windows as (

    select * from {{ ref('int_ranking_windows') }}

),

final as (

    select
        stage,
        name as parameter,
        content as setting
    from facts
    {% for name in ['horizon', 'step', 'decay', 'covisitation'] -%}
    union all
    select
        'all' as stage,
        'ranking_{{ name }}_hours' as parameter,
        cast({{ name }}_hours as {{ dbt.type_string() }}) as setting
    from windows
    {% endfor %}

)

select * from final
