{{ config(
    materialized=grown_table(),
    incremental_strategy=grown_by('append'),
    full_refresh=var('ranking_enabled'),
) }}

{{ id_keys('user') }}
