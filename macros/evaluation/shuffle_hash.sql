{# A whole number of at least 0 to shuffle by: the same in every build of a cutoff, on whatever engine, others at another cutoff.
   ids: list of text expressions. #}
{% macro shuffle_hash(ids) -%}
    {%- set seconds = elapsed_seconds("cast('1970-01-01' as timestamp)", as_of()) if as_of() else '0' -%}
    {{ text_hash(([
        "cast(cast(floor(" ~ seconds ~ ") as bigint) as " ~ dbt.type_string() ~ ")"
    ] + ids) | join(" || ' ' || ")) }}
{%- endmacro %}
