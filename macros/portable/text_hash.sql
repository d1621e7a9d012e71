{# A whole number from 0 to 2^60 - 1 for a text, the same on every engine: the first 15 hexadecimal digits of its MD5. It costs more
   than row_hash. value: a text expression. #}
{% macro text_hash(value) -%}
    {{ adapter.dispatch('text_hash', 'pingtop')(value) }}
{%- endmacro %}

{% macro duckdb__text_hash(value) -%}
    cast('0x' || substr(md5({{ value }}), 1, 15) as bigint)
{%- endmacro %}

{% macro postgres__text_hash(value) -%}
    cast(cast('x' || substr(md5({{ value }}), 1, 15) as bit(60)) as bigint)
{%- endmacro %}

{% macro spark__text_hash(value) -%}
    cast(conv(substr(md5({{ value }}), 1, 15), 16, 10) as bigint)
{%- endmacro %}
