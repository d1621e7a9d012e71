{# Partitions of a table of events (or impressions), for the config `partition_by`, which Spark alone looks at: by the
   column that event_date_column adds there. #}
{% macro partitioned_by_date() %}
    {{ return(adapter.dispatch('partitioned_by_date', 'pingtop')()) }}
{% endmacro %}

{% macro default__partitioned_by_date() %}
    {{ return(none) }}
{% endmacro %}

{% macro spark__partitioned_by_date() %}
    {{ return(['event_date']) }}
{% endmacro %}
