-- A bound for every cutoff: the catalogue of an earlier one has fewer of these pings.
with

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

final as (
    {% for attribute in ['category', 'creator'] %}
    select
        restricted_pings.restriction_key,
        '{{ attribute }}' as attribute,
        pings.{{ attribute }}_key as attribute_key,
        count(*) as n_pings
    from restricted_pings
    inner join pings on restricted_pings.ping_key = pings.ping_key
    where pings.{{ attribute }}_key <> 0
    group by restricted_pings.restriction_key, pings.{{ attribute }}_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
