{# The import CTEs of ranking_features, each followed by a comma, for the cutoffs of a condition.

   condition: on cutoff_key, as in "cutoff_key = 0". #}
{% macro ranking_feature_sources(condition) %}
{% for name, model in [
    ('pings', 'int_ranking_pings'),
    ('users', 'int_ranking_users'),
    ('categories', 'int_ranking_user_categories'),
    ('category_totals', 'int_ranking_category_totals'),
    ('category_lifts', 'int_ranking_category_lifts'),
    ('durations', 'int_ranking_user_durations'),
    ('creators', 'int_ranking_user_creators'),
    ('covisitation', 'int_ranking_covisitation'),
] -%}
{{ name }} as (

    select * from {{ ref(model) }}
    where {{ condition }}

),

{% endfor -%}
declared_interests as (

    select * from {{ ref('int_ranking_interests') }}
    where
        is_declared
        and {{ condition }}

),

{% for kind in ['signup', 'activity'] -%}
{{ kind }}_groups as (

    select * from {{ ref('int_ranking_groups') }}
    where
        group_kind = '{{ kind }}'
        and {{ condition }}

),

{% endfor -%}
{% endmacro %}
