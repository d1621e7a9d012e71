-- An entry is looked at once, however many rows have it.
{%- set looks = [
    ('users', 'blocklist', 'entries', 'names'),
    ('pings', 'region_restriction', 'restricted_regions', 'user_regions'),
    ('topic_affinities', 'category', 'interests', 'categories'),
    ('topic_affinities', 'user_id', 'interested_users', 'known_users'),
] %}
with

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

listed as (

    {{ split_items('users', 'user_key', 'lower(blocklist)') | trim }}

),

entries as (

    select distinct item from listed

),

restricted_regions as (

    select distinct region as item from {{ ref('int_ping_regions') }}

),

names as (

    select lower(creator_id) as item from pings
    where creator_id is not null
    union
    select lower(category) as item from pings
    where category is not null

),

user_regions as (

    select distinct lower(region) as item from users
    where region is not null

),

topic_affinities as (

    select distinct
        user_id,
        category
    from {{ ref('stg_topic_affinities') }}
    where
        outcome = 'accepted'
        and affinity > 0

),

interests as (

    select distinct category as item from topic_affinities

),

interested_users as (

    select distinct user_id as item from topic_affinities

),

categories as (

    select distinct category as item from pings

),

known_users as (

    select user_id as item from users

),

entry_matches as (
    {% for table, column, entries, known in looks %}
    select
        '{{ table }}' as source_table,
        '{{ column }}' as column_name,
        {{ entries }}.item,
        {{ known }}.item is not null as is_matched
    from {{ entries }}
    left join {{ known }} on {{ entries }}.item = {{ known }}.item
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

counted as (

    select
        source_table,
        column_name,
        count(*) as n_entries,
        count(case when not is_matched then 1 end) as n_unmatched,
        min(case when not is_matched then item end) as first_unmatched
    from entry_matches
    group by source_table, column_name

),

final as (

    select
        {{ warning_rows(
            "case when source_table = 'topic_affinities' then 'declared interest without a match'"
            ~ " else 'restriction without a match' end", 'source_table', 'column_name', 'n_unmatched', 'n_entries',
            "concat(chr(39), first_unmatched, chr(39))"
        ) | trim }}
    from counted
    where n_unmatched > 0

)

select * from final
