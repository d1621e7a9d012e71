-- scripts/evaluate.py adds the rows; dbt makes the empty table and never drops it.
{{ config(materialized='incremental', full_refresh=false, on_schema_change='append_new_columns') }}

select
    cast(null as {{ dbt.type_string() }}) as log_source,
    cast(null as timestamp) as recorded_at,
    cast(null as timestamp) as as_of,
    cast(null as timestamp) as horizon_end,
    cast(null as {{ dbt.type_string() }}) as strategy,
    cast(null as {{ dbt.type_string() }}) as rival,
    cast(null as {{ dbt.type_string() }}) as metric,
    cast(null as bigint) as k,
    cast(null as {{ type_double() }}) as difference,
    cast(null as {{ type_double() }}) as low,
    cast(null as {{ type_double() }}) as high,
    cast(null as bigint) as n
where false
