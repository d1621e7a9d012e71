{# The incremental strategy `replace_rows`: the rows that were computed anew take the place of those with their keys.

   The config unique_key names the keys. With meta.from_column, the rows of a key that are replaced begin with the least value of
   that column among the new ones. A row with n_events = 0 only says that there is none any more.

   arguments: dbt's (target_relation, temp_relation, unique_key, dest_columns). #}
{% macro get_incremental_replace_rows_sql(arguments) %}
    {%- set target, computed = arguments['target_relation'], arguments['temp_relation'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set from_column = config.get('meta').get('from_column') -%}
    {%- set keys = arguments['unique_key'] -%}
    delete from {{ target }} as old_rows
    using (
        select
            {{ keys | join(', ') }}
            {%- if from_column %},
            min({{ from_column }}) as {{ from_column }}
            {%- endif %}
        from {{ computed }}
        group by {{ keys | join(', ') }}
    ) as new_rows
    where
        {%- for key in keys %}
        old_rows.{{ key }} = new_rows.{{ key }}
        {{- ' and' if not loop.last }}
        {%- endfor %}
        {%- if from_column %}
        and old_rows.{{ from_column }} >= new_rows.{{ from_column }}
        {%- endif %};

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ computed }}
    {%- if 'n_events' in arguments['dest_columns'] | map(attribute='name') %}
    where n_events > 0
    {%- endif %}
{% endmacro %}
