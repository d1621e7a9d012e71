-- With as_of set, no model but the holdout, and the layers that only read, holds a moment at or
-- after it. Every timestamp and date column of every model is looked at, so that a new model is
-- covered without a change here. int_days and int_change_spans are calendars, int_date_bounds says
-- what is of the future; when an evaluation was recorded, a run of dbt began or a file was changed
-- is no moment of the log, and when an event arrived is a matter of known_as_of.
{{ config(tags=['time_machine']) }}
{%- set looks = [] -%}
{%- set excepted = [
    'build_history', 'int_days', 'int_change_spans', 'int_date_bounds', 'int_recorded_evaluations', 'int_recorded_promotions', 'int_interactions', 'int_exposures', 'int_exposure_events', 'holdout_interactions', 'holdout_relevance',
] -%}
{%- if execute and as_of() is not none -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model'
        and not node.name.startswith(('base_', 'stg_')) and node.name not in excepted -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if relation is not none -%}
            {%- for column in adapter.get_columns_in_relation(relation) if plain_type(column.dtype) in ['TIMESTAMP', 'DATE']
                and column.name not in ['recorded_at', 'loaded_at', 'modified_at'] -%}
                {%- do looks.append(
                    "select '" ~ node.name ~ "' as model_name, '" ~ column.name ~ "' as column_name, count(*) as n_rows from "
                    ~ relation ~ " where cast(" ~ adapter.quote(column.name) ~ " as timestamp) >= " ~ as_of()
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif %}
-- depends_on: {{ ref('recommendations') }}, {{ ref('recommender_health') }}
-- depends_on: {{ ref('recommender_health_daily') }}
-- depends_on: {{ ref('retention_daily') }}, {{ ref('user_sessions') }}, {{ ref('creator_health') }}
-- depends_on: {{ ref('top_pings') }}, {{ ref('users') }}, {{ ref('pings') }}
-- depends_on: {{ ref('interactions') }}
-- depends_on: {{ ref('user_ping_engagement') }}, {{ ref('recommendation_coverage') }}
-- depends_on: {{ ref('int_impressions') }}
-- depends_on: {{ ref('int_ping_ranks') }}, {{ ref('int_cohort_days') }}
-- depends_on: {{ ref('strategy_lists') }}
{% if looks %}
select * from (
    {{ looks | join('\n    union all\n    ') }}
) as looks
where n_rows > 0
{% else %}
select 1 as not_rewound
where false
{% endif %}
