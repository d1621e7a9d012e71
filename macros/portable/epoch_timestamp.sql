{# A UTC timestamp from a number since 1970-01-01; null where it is none.

   value: the expression of a number, or of a text. unit: s, ms, us or ns; none: by its magnitude, seconds from 1e9 on, milliseconds from
   1e12, microseconds from 1e15, nanoseconds from 1e18, each below ten times that, which are the years 2001 to 2286.
   is_text: whether the value is a text that may be no number. Parts of a microsecond are rounded. #}
{% macro epoch_timestamp(value, unit=none, is_text=false) -%}
    {{ adapter.dispatch('epoch_timestamp', 'pingtop')(value, unit, is_text) }}
{%- endmacro %}

{% macro epoch_microseconds(number, unit) -%}
    {%- set factors = {'s': '* 1000000', 'ms': '* 1000', 'us': '', 'ns': '/ 1000'} -%}
    {%- if unit -%}
        {{ number }} {{ factors[unit] }}
    {%- else -%}
        case
            {%- for name, least in {'s': 9, 'ms': 12, 'us': 15, 'ns': 18}.items() %}
            when {{ number }} >= 1e{{ least }} and {{ number }} < 1e{{ least + 1 }} then {{ number }} {{ factors[name] }}
            {%- endfor %}
        end
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__epoch_timestamp(value, unit, is_text) -%}
    {#- a double has no digits for nanoseconds, but enough for the microseconds of its quotient -#}
    {%- set number = "try_cast(" ~ value ~ " as double)" -%}
    {%- set micros = "round(" ~ epoch_microseconds(number, unit) ~ ")" -%}
    case
        when {{ micros }} between -30610224000000000 and 253370764800000000 - 1
            then make_timestamp(cast({{ micros }} as bigint))
    end
{%- endmacro %}

{% macro postgres__epoch_timestamp(value, unit, is_text) -%}
    {%- set number = safe_double(value) if is_text else "cast(" ~ value ~ " as double precision)" -%}
    {%- set micros = "round(cast(" ~ epoch_microseconds("(" ~ number ~ ")", unit) ~ " as numeric))" -%}
    case
        when ({{ number }}) < 1e19 and {{ micros }} between -30610224000000000 and 253370764800000000 - 1
            then timestamp '1970-01-01' + cast({{ micros }} as double precision) * interval '1 microsecond'
    end
{%- endmacro %}

{% macro spark__epoch_timestamp(value, unit, is_text) -%}
    {%- set number = safe_double(value) if is_text else "cast(" ~ value ~ " as double)" -%}
    {%- set micros = "round(" ~ epoch_microseconds("(" ~ number ~ ")", unit) ~ ")" -%}
    case
        when {{ micros }} between -30610224000000000 and 253370764800000000 - 1
            then timestamp_micros(cast({{ micros }} as bigint))
    end
{%- endmacro %}
