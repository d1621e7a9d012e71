{# The name of a column's type that the intake knows it by, whatever the engine calls it: upper case, without a length.

   dtype: the type as the database says it. #}
{% macro plain_type(dtype) %}
    {% set name = modules.re.sub(' *[(].*?[)]', '', dtype | upper) | trim %}
    {{ return({
        'CHARACTER VARYING': 'VARCHAR', 'CHARACTER': 'VARCHAR', 'TEXT': 'VARCHAR', 'STRING': 'VARCHAR',
        'INT': 'INTEGER', 'REAL': 'FLOAT', 'DOUBLE PRECISION': 'DOUBLE', 'NUMERIC': 'DECIMAL',
        'TIMESTAMP WITHOUT TIME ZONE': 'TIMESTAMP', 'TIMESTAMPTZ': 'TIMESTAMP WITH TIME ZONE',
    }.get(name, name)) }}
{% endmacro %}
