{# The sums that inference needs of each metric, as {name of the column: expression}, over rows with numerator, denominator,
   pre_numerator and pre_denominator (doubles): sums, sums of squares and of products.

   Sums are exact, so that what tools compute of them does not depend on the order of rows.
   sign: a column that is 1 for a row that counts and -1 for one that is taken away. #}
{% macro experiment_moments(sign=none) %}
    {%- set parts, columns = ['numerator', 'denominator', 'pre_numerator', 'pre_denominator'], {} -%}
    {%- set factor = sign ~ ' * ' if sign else '' -%}
    {%- for part in parts -%}
        {%- do columns.update({'sum_' ~ part: exact_sum(factor ~ part)}) -%}
    {%- endfor -%}
    {%- for part in parts -%}
        {%- do columns.update({'sum_' ~ part ~ '_squared': exact_sum(factor ~ part ~ ' * ' ~ part)}) -%}
    {%- endfor -%}
    {%- for part in parts -%}
        {%- for other in parts[loop.index:] -%}
            {%- do columns.update({'sum_' ~ part ~ '_' ~ other: exact_sum(factor ~ part ~ ' * ' ~ other)}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
