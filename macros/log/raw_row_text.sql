{# The raw row of something with typed columns as a text, or null where row_text_of_values gives the same text from the row's
   values: on DuckDB that is nearly every row of a log whose columns are those of the contract, in its order and with its types.
   To write a text of each would take as long as all other reading.

   table: one of raw_contract. columns: [{'name', 'dtype'}] of the source. matches: of match_raw_columns. is_mapped: whether a mapping
   changes values, so that the text is not that of the values. #}
{% macro raw_row_text(table, columns, matches, is_mapped=false) -%}
    {{ adapter.dispatch('raw_row_text', 'pingtop')(table, columns, matches, is_mapped) }}
{%- endmacro %}

{% macro default__raw_row_text(table, columns, matches, is_mapped=false) -%}
    {{ csv_text(columns | map(attribute='name') | list, columns | map(attribute='dtype') | list) }}
{%- endmacro %}

{% macro duckdb__raw_row_text(table, columns, matches, is_mapped=false) -%}
    {%- set names, dtypes = columns | map(attribute='name') | list, columns | map(attribute='dtype') | list -%}
    {%- set places = [] -%}
    {%- for name in ['event_id', 'user_id', 'ping_id', 'event_type', 'watch_time_sec', 'event_timestamp'] -%}
        {%- do places.extend(matches.get(name, []) | map(attribute='position')) -%}
    {%- endfor -%}
    {%- set types = (['VARCHAR'] * 4 + ['DOUBLE', 'TIMESTAMP'])[-(dtypes | length):] -%}
    {%- if table == 'interactions' and not is_mapped and names | length >= 5 and places == range(names | length) | list
        and dtypes | map('upper') | list == types -%}
        case
            when
                {%- for name in names[:-2] + names[-1:] %}
                {{ quoted_name(name) }} is not null and
                {%- endfor %}
                not regexp_matches(
                    concat({% for name in names[:-2] %}{{ quoted_name(name) }}{{ ', ' if not loop.last }}{% endfor %}),
                    '[ ,"\n\r]'
                )
                then null
            else {{ csv_text(names, dtypes) }}
        end
    {%- else -%}
        {{ csv_text(names, dtypes) }}
    {%- endif -%}
{%- endmacro %}
