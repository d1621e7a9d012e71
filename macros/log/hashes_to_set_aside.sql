{# A select with each event_hash of raw interactions that stands in the log more than once, or whose row is not accepted.

   interactions: CTE with event_hash and is_accepted. #}
{% macro hashes_to_set_aside(interactions) -%}
    {{ adapter.dispatch('hashes_to_set_aside', 'pingtop')(interactions) }}
{%- endmacro %}

{% macro default__hashes_to_set_aside(interactions) -%}
    select event_hash from {{ interactions }}
    group by event_hash
    having
        count(*) > 1
        or count(case when not is_accepted then 1 end) > 0
{%- endmacro %}

{% macro duckdb__hashes_to_set_aside(interactions) -%}
    {#- Nearly every hash is there once. DuckDB sorts integers in a third of the time that it takes to group them. -#}
    select distinct event_hash
    from (
        select
            event_hash,
            is_accepted,
            lag(event_hash) over (order by event_hash) as previous_hash
        from {{ interactions }}
    ) as sorted_hashes
    where
        event_hash = previous_hash
        or not is_accepted
{%- endmacro %}
