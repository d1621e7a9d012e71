{# A finite or infinite 64-bit number from a text or a number; null where it is not one. value: the expression. #}
{% macro safe_double(value) -%}
    {{ adapter.dispatch('safe_double', 'pingtop')(value) }}
{%- endmacro %}

{% macro duckdb__safe_double(value) -%}
    try_cast({{ value }} as double)
{%- endmacro %}

{% macro postgres__safe_double(value) -%}
    {#- There is no try_cast before PostgreSQL 16: only what cannot fail is cast. A number beyond the range of a double is
        infinite or 0. -#}
    {%- set text = "trim(both e' \\t\\n\\r' from cast(" ~ value ~ " as text))" -%}
    {%- set number = "[+-]?([0-9]{1,100}([.][0-9]{0,100})?|[.][0-9]{1,100})" -%}
    case
        when {{ text }} ~* '^{{ number }}(e[+-]?[0-9]{1,2})?$' then cast({{ text }} as double precision)
        when {{ text }} ~* '^{{ number }}e[+-]?[0-9]{3}$' then case
            when abs(cast({{ text }} as numeric)) > 1.79e308 and {{ text }} like '-%'
                then cast('-infinity' as double precision)
            when abs(cast({{ text }} as numeric)) > 1.79e308 then cast('infinity' as double precision)
            when abs(cast({{ text }} as numeric)) < 1e-300 then 0
            else cast({{ text }} as double precision)
        end
        when {{ text }} ~* '^[+-]?nan$' then cast('nan' as double precision)
        when {{ text }} ~* '^-inf(inity)?$' then cast('-infinity' as double precision)
        when {{ text }} ~* '^[+]?inf(inity)?$' then cast('infinity' as double precision)
    end
{%- endmacro %}

{% macro spark__safe_double(value) -%}
    {#- its cast takes a letter after a number too, as Java writes them: 1d, 1f -#}
    {%- set text = "trim(both ' \\t\\n\\r' from cast(" ~ value ~ " as string))" -%}
    case
        when {{ text }} rlike '(?i)^[+-]?(([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?|inf|infinity)$'
            then try_cast({{ text }} as double)
        when {{ text }} rlike '(?i)^[+-]?nan$' then cast('NaN' as double)
    end
{%- endmacro %}
