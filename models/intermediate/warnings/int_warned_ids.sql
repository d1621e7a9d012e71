-- How an id that is not known would be: as tools change ids, 7 becomes 7.0 or 00007, letters get
-- another case, and large numbers lose their last digits.
{%- set ids = {
    'users': ('user', 'int_users', 'is_registered', 'unknown users'),
    'pings': ('ping', 'int_pings', 'is_in_catalogue', 'unknown pings'),
} %}

with

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

{% for table, (name, model, is_known, kind) in ids.items() -%}
{{ table }} as (

    select
        {{ name }}_key,
        {{ name }}_id,
        {{ is_known }} as is_known,
        {{ plain_id(name ~ '_id') }} as plain_id
    from {{ ref(model) }}

),

{{ table }}_events as (

    select
        {{ table }}.{{ name }}_key,
        {{ table }}.{{ name }}_id,
        {{ table }}.is_known,
        {{ table }}.plain_id,
        sum(user_pings.n_events) as n_events
    from user_pings
    inner join {{ table }} on user_pings.{{ name }}_key = {{ table }}.{{ name }}_key
    group by
        {{ table }}.{{ name }}_key,
        {{ table }}.{{ name }}_id,
        {{ table }}.is_known,
        {{ table }}.plain_id

),

known_{{ table }} as (

    select
        plain_id,
        min({{ name }}_id) as known_id
    from {{ table }}
    where is_known
    group by plain_id

),

counted_{{ table }} as (

    select count(*) as n_known from known_{{ table }}

),

explained_{{ table }} as (

    select
        counted_{{ table }}.n_known,
        {{ table }}_events.{{ name }}_id as unknown_id,
        {{ table }}_events.is_known,
        {{ table }}_events.n_events,
        known_{{ table }}.known_id
    from {{ table }}_events
    cross join counted_{{ table }}
    left join known_{{ table }} on {{ table }}_events.plain_id = known_{{ table }}.plain_id

),

{% endfor -%}
final as (
    {% for table, (name, model, is_known, kind) in ids.items() %}
    select
        {{ warning_rows(
            "case when max(n_known) > 0 then '" ~ kind ~ "' else 'no " ~ table ~ "' end",
            "'interactions'", "'" ~ name ~ "_id'",
            'sum(case when is_known then 0 else n_events end)', 'sum(n_events)',
            "coalesce(min(case when not is_known and known_id is not null then concat(chr(39), unknown_id,"
            ~ " chr(39), ', where " ~ table ~ " has ', chr(39), known_id, chr(39)) end),"
            ~ " min(case when not is_known then concat(chr(39), unknown_id, chr(39)) end))"
        ) | trim }}
    from explained_{{ table }}
    having
        sum(case when is_known then 0 else n_events end)
        >= {{ var('warn_share') }} * sum(n_events)
        and sum(case when is_known then 0 else n_events end) > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
