{# A timestamp from a text of a format, null where it does not have it; UTC where the format has an offset (%z).

   value: a text expression. format: as of strptime, such as %d/%m/%Y %H:%M. DuckDB takes all of strptime's directives, PostgreSQL
   and Spark %Y %m %d %H %M %S %f and %z: another one stops the run there. #}
{% macro formatted_timestamp(value, format) -%}
    {{ adapter.dispatch('formatted_timestamp', 'pingtop')(value, format) }}
{%- endmacro %}

{% macro duckdb__formatted_timestamp(value, format) -%}
    {%- set moment = "try_strptime(trim(cast(" ~ value ~ " as varchar)), " ~ sql_text(format) ~ ")" -%}
    {{ "(" ~ moment ~ " at time zone 'UTC')" if '%z' in format or '%Z' in format else moment }}
{%- endmacro %}

{% macro default__formatted_timestamp(value, format) -%}
    {#- the text is put into the order of ISO 8601, and what reads that refuses days that are none -#}
    {%- set patterns = {
        '%Y': '([0-9]{4})', '%m': '([0-9]{1,2})', '%d': '([0-9]{1,2})', '%H': '([0-9]{1,2})', '%M': '([0-9]{1,2})',
        '%S': '([0-9]{1,2})', '%f': '([0-9]{1,6})', '%z': '(Z|[+-][0-9]{2}:?[0-9]{2})',
    } -%}
    {%- set order, pattern = [], [] -%}
    {%- for piece in modules.re.split('(%.)', format) if piece -%}
        {%- if piece in patterns -%}
            {%- do order.append(piece) -%}
            {%- do pattern.append(patterns[piece]) -%}
        {%- elif piece.startswith('%') -%}
            {%- do exceptions.raise_compiler_error(
                "The format '" ~ format ~ "' of the mapping has " ~ piece ~ ", which " ~ target.type
                ~ " does not read here: use %Y, %m, %d, %H, %M, %S, %f and %z."
            ) -%}
        {%- else -%}
            {%- do pattern.append(modules.re.sub('([.()*+?|])', '[\\1]', piece)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set sign = '$' if target.type == 'spark' else '\\' -%}
    {%- set written = namespace(text='') -%}
    {%- for piece, before in {'%Y': '', '%m': '-', '%d': '-', '%H': ' ', '%M': ':', '%S': ':', '%f': '.', '%z': ''}.items() if piece in order -%}
        {%- set written.text = written.text ~ before ~ sign ~ (order.index(piece) + 1) -%}
    {%- endfor -%}
    {%- set text = "trim(cast(" ~ value ~ " as " ~ dbt.type_string() ~ "))" -%}
    {#- a text that is not of the format stays as it is, without the mark: null, though it may be a moment as others write it -#}
    {%- set marked = "regexp_replace(" ~ text ~ ", '^" ~ pattern | join ~ "$', '=" ~ written.text ~ "')" -%}
    {{ safe_timestamp("substr(nullif(" ~ marked ~ ", " ~ text ~ "), 2)") }}
{%- endmacro %}
