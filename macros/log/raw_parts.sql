{# The parts of a raw table that this run reads (file_parts). table: one of raw_contract. #}
{% macro raw_parts(table) %}
    {% set mapping = raw_mapping() %}
    {% set has_files = raw_location() and raw_location_kind() in ['folder', 'files'] %}
    {% set is_demo = not (raw_location() or raw_schema() or mapping) %}
    {% set parts = stored_parts(table) if has_files else [] %}
    {{ return(parts + relation_parts(table, raw_tables(table, mapping.get(table), has_files, is_demo))) }}
{% endmacro %}
