{# Spark only: loads a seed with its values written out, because dbt's own way writes a null as the text None in a Spark
   session and does not escape quotes. Called by dbt itself, in place of spark__load_csv_rows.

   model: the seed. agate_table: its rows. #}
{% macro load_seed_values(model, agate_table) %}
    {% set tuples = [] %}
    {% for row in agate_table.rows %}
        {% set values = [] %}
        {% for value in row %}
            {% do values.append('null' if value is none else "'" ~ (value | string | replace("\\", "\\\\") | replace("'", "\\'")) ~ "'") %}
        {% endfor %}
        {% do tuples.append('(' ~ values | join(', ') ~ ')') %}
    {% endfor %}
    {% set sql = 'insert into ' ~ this.render() ~ ' values ' ~ tuples | join(', ') %}
    {% if tuples %}
        {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {% endif %}
    {{ return(sql) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}
    {{ return(load_seed_values(model, agate_table)) }}
{% endmacro %}

{% macro spark__create_csv_table(model, agate_table) %}
    {#- every column of every seed is text -#}
    {% set columns = [] %}
    {% for name in agate_table.column_names %}{% do columns.append(adapter.quote(name) ~ ' string') %}{% endfor %}
    {% set sql = 'create table ' ~ this.render() ~ ' (' ~ columns | join(', ') ~ ') ' ~ file_format_clause() %}
    {% call statement('_') -%}
        {{ sql }}
    {%- endcall %}
    {{ return(sql) }}
{% endmacro %}
