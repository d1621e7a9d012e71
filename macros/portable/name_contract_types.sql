{# Contracts name types as DuckDB does: before a contract is compared, its types get the names of the engine. Called by
   dbt itself, through get_assert_columns_equivalent, which it dispatches for every model with a contract.

   names: {the name in a contract: the engine's name}. #}
{% macro name_contract_types(names) %}
    {% for column in model.columns.values() %}
        {% do column.update({'data_type': names.get(column.data_type, column.data_type)}) %}
    {% endfor %}
{% endmacro %}

{% macro postgres__get_assert_columns_equivalent(sql) -%}
    {% do name_contract_types({'double': 'double precision'}) %}
    {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}

{% macro spark__get_assert_columns_equivalent(sql) -%}
    {% do name_contract_types({'varchar': 'string'}) %}
    {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}
