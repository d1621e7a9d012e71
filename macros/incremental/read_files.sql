{# A query that gives the files, or tables of the database, that the warehouse was built from: source_table, path, bytes (null
   for a table), modified_at (null for a table), batch_number and file_number (null for what is read whole by every build: users, pings, topic_affinities). #}
{% macro read_files() %}
    {{ return(adapter.dispatch('read_files', 'pingtop')()) }}
{% endmacro %}

{% macro default__read_files() %}
    {%- set parts = [] -%}
    {%- for table, sources in (raw_sources() if execute else {}).items() -%}
        {%- for source in sources -%}
            {%- do parts.append(
                "select '" ~ table ~ "' as source_table, '" ~ source.path ~ "' as path,"
                ~ " cast(null as bigint) as bytes, cast(null as timestamp) as modified_at, 1 as batch_number,"
                ~ (" 1" if table in ['interactions', 'exposures'] else " cast(null as integer)") ~ " as file_number"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(parts | join('\n    union all\n    ') or 'select 1 as not_rendered_while_parsing') }}
{% endmacro %}

{% macro duckdb__read_files() %}
    {%- set columns = 'source_table, path, bytes, modified_at, batch_number, file_number' -%}
    {{ return(
        "select " ~ columns ~ " from " ~ intake_table('files_read') ~ "\n    union all\n    select " ~ columns ~ " from "
        ~ intake_table('files_to_read') ~ " where source_table not in ('interactions', 'exposures')"
    ) }}
{% endmacro %}
