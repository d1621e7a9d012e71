{# A query that gives the columns of what the raw tables are read from: source_table, path, column_name and contract_column, the
   column of the contract that it is read as, null where it is not used. The seeds of the demo are left out. #}
{% macro source_columns() %}
    {{ return(adapter.dispatch('source_columns', 'pingtop')()) }}
{% endmacro %}

{% macro default__source_columns() %}
    {%- set rows = [] -%}
    {%- for table, sources in (raw_sources() if execute else {}).items() -%}
        {%- for part in relation_parts(table, sources | selectattr('relation') | list) -%}
            {%- for name, contract_column in read_columns(table, part) -%}
                {%- do rows.append(
                    "select '" ~ table ~ "' as source_table, '" ~ part.files[0] ~ "' as path, "
                    ~ sql_text(name) ~ " as column_name, "
                    ~ (sql_text(contract_column) if contract_column else 'cast(null as ' ~ dbt.type_string() ~ ')')
                    ~ " as contract_column"
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set text = "cast(null as " ~ dbt.type_string() ~ ")" -%}
    {{ return(rows | join('\n    union all\n    ') or (
        "select " ~ text ~ " as source_table, " ~ text ~ " as path, " ~ text ~ " as column_name, " ~ text
        ~ " as contract_column where false"
    )) }}
{% endmacro %}

{% macro duckdb__source_columns() %}
    {%- if execute -%}{%- do create_intake_tables() -%}{%- endif -%}
    {{ return("select source_table, path, column_name, contract_column from " ~ intake_table('source_columns')) }}
{% endmacro %}
