{# The types of columns that are numbers, as plain_type names them. #}
{% macro number_types() %}
    {{ return(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT',
        'FLOAT', 'DOUBLE', 'DECIMAL']) }}
{% endmacro %}
