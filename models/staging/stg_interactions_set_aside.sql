{{ config(materialized='view') }}

with

interactions as (

    select * from {{ ref('base_interactions_set_aside') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

{{ typed_interactions() | trim }}

select * from final
