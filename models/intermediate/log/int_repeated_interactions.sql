with

interactions as (

    select * from {{ ref('int_interactions_set_aside') }}
    where reject_reason is null

),

repeated_hashes as (

    select
        event_hash,
        is_after_as_of
    from interactions
    group by event_hash, is_after_as_of
    having count(*) > 1

),

candidates as (

    select interactions.*
    from interactions
    inner join repeated_hashes
        on
            interactions.event_hash = repeated_hashes.event_hash
            and interactions.is_after_as_of = repeated_hashes.is_after_as_of

),

final as (

    select
        *,
        {{ copy_number(
            in_byte_order('user_id'),
            in_byte_order('ping_id'),
            within='is_after_as_of',
            last_order=in_byte_order('raw_row')
        ) }} as copy_number
    from candidates

)

select * from final
