with

covisitation as (

    select * from {{ ref('int_ranking_covisitation') }}

),

history as (

    select * from {{ ref('int_ranking_history') }}

),

ranked as (

    select
        covisitation.cutoff_key,
        covisitation.user_key,
        covisitation.ping_key,
        row_number() over (
            partition by covisitation.cutoff_key, covisitation.user_key
            order by covisitation.covisitation desc, covisitation.ping_key
        ) as source_rank
    from covisitation
    left join history
        on
            covisitation.cutoff_key = history.cutoff_key
            and covisitation.user_key = history.user_key
            and covisitation.ping_key = history.ping_key
    where history.ping_key is null

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        'covisitation' as source,
        source_rank
    from ranked
    where source_rank <= {{ var('ranking_source_pings') }}

)

select * from final
