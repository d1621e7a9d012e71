{{ config(
    materialized=grown_table(),
    incremental_strategy=grown_by('append'),
    full_refresh=false,
) }}

{{ id_keys('ping') }}
