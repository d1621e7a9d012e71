{# A UTC timestamp from a text, date or timestamp; null where it is not one.

   value: the expression. A text begins with a year of four digits; one with an offset (2024-02-13T10:00:00+02:00, …Z)
   is converted to UTC. One that is a number of 10, 13, 16 or 19 digits is one of seconds, milliseconds, microseconds or nanoseconds
   since 1970 (epoch_timestamp). Years outside 1000 to 9998 ("infinity" and "(BC)" among them) are not timestamps of a log. #}
{% macro safe_timestamp(value) -%}
    {{ adapter.dispatch('safe_timestamp', 'pingtop')(value) }}
{%- endmacro %}

{% macro duckdb__safe_timestamp(value) -%}
    {#- DuckDB's cast to timestamp drops an offset, its cast to timestamptz keeps it. The usual forms come first: all
        the steps after them take ten times as long as the cast. -#}
    {%- set given = "cast(" ~ value ~ " as varchar)" -%}
    {%- set text = "trim(" ~ given ~ ")" -%}
    case
        when {{ value }} is null then null
        when typeof({{ value }}) <> 'VARCHAR' then case
            when try_cast({{ value }} as timestamp) >= timestamp '1000-01-01'
                and try_cast({{ value }} as timestamp) < timestamp '9999-01-01'
                then try_cast({{ value }} as timestamp)
        end
        when
            {{ given }} like '____-__-__ __:__:__'
            or regexp_full_match({{ given }}, '[0-9-]{10}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z?')
            then case when {{ given }} >= '1' and {{ given }} < '9999' then try_cast({{ given }} as timestamp) end
        when {{ text }} >= '1' and regexp_full_match({{ text }}, '{{ epoch_pattern() }}')
            then {{ epoch_timestamp(text) }}
        when {{ text }} >= '9999' or ends_with({{ text }}, ')') then null
        when not regexp_matches({{ text }}, '^[1-9][0-9]{3}-[0-9]') then null
        when regexp_matches({{ text }}, ':[0-9]{2}:[0-9.]+[+-][0-9]{2}(:?[0-9]{2}){0,2}$')
            then try_cast({{ text }} as timestamptz) at time zone 'UTC'
        when regexp_matches({{ text }}, ':[0-9.]+ *[+-][0-9]{2}(:?[0-9]{2}){0,2}$')
            then try_cast(regexp_replace(
                regexp_replace({{ text }}, ' +([+-])', '\1'), '([ T][0-9]{2}:[0-9]{2})([+-])', '\1:00\2'
            ) as timestamptz) at time zone 'UTC'
        else coalesce(
            try_cast({{ text }} as timestamp),
            try_cast(regexp_replace({{ text }}, '([T ][0-9]{2}:[0-9]{2})Z$', '\1') as timestamp)
        )
    end
{%- endmacro %}

{% macro postgres__safe_timestamp(value) -%}
    {#- digits after the sixth of a second are cut off, as in DuckDB -#}
    {%- set given = "cast(" ~ value ~ " as text)" -%}
    {%- set text = "regexp_replace(trim(" ~ given ~ "), '([.][0-9]{6})[0-9]+', '\\1')" -%}
    case
        when {{ given }} ~ '{{ timestamp_pattern("") }}' and {{ given }} !~ '[.][0-9]{7}'
            then cast({{ given }} as timestamp)
        when {{ text }} ~ '^{{ epoch_pattern() }}$' then {{ epoch_timestamp(text) }}
        when {{ text }} ~ '{{ timestamp_pattern("( UTC|Z)?") }}' or {{ text }} ~ '{{ timestamp_pattern("") }}'
            then cast(regexp_replace({{ text }}, '( UTC|Z)$', '') as timestamp)
        when {{ text }} ~ '{{ timestamp_pattern(" *[+-](0[0-9]|1[0-5])(:?[0-5][0-9]){0,2}") }}'
            then cast({{ text }} as timestamp with time zone) at time zone 'UTC'
    end
{%- endmacro %}

{% macro spark__safe_timestamp(value) -%}
    {#- its cast takes more than a log should have, such as 2024 or 2024-02 -#}
    {%- set text = "trim(cast(" ~ value ~ " as string))" -%}
    {#- six digits of a second, one blank after the day, none before an offset, seconds before a zone -#}
    {%- set steps = [
        ("([.][0-9]{6})[0-9]+", "$1"), ("^([0-9-]+) +", "$1 "), (" +([+-])", "$1"),
        ("^([0-9-]+[ T][0-9]+:[0-9]+)( UTC|Z|[+-])", "$1:00$2"),
    ] -%}
    {%- set plain = namespace(text=text) -%}
    {%- for found, written in steps -%}
        {%- set plain.text = "regexp_replace(" ~ plain.text ~ ", '" ~ found ~ "', '" ~ written ~ "')" -%}
    {%- endfor -%}
    {%- set zone = "( UTC|Z| *[+-](0[0-9]|1[0-5])(:?[0-5][0-9]){0,2})?" -%}
    case
        when {{ text }} rlike '^{{ epoch_pattern() }}$' then {{ epoch_timestamp(text) }}
        when {{ text }} rlike '{{ timestamp_pattern(zone) }}' or {{ text }} rlike '{{ timestamp_pattern("") }}'
            then try_cast({{ plain.text }} as timestamp)
    end
{%- endmacro %}
