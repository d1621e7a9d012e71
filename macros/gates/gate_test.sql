{# The query of a gate's data test: what is said or red of it. dbt_project.yml makes of it that the test warns, or fails.

   gate: one of gates. #}
{% macro gate_test(gate) %}
    select
        gate,
        about,
        verdict,
        sentence
    from {{ ref('build_gates') }}
    where
        gate = '{{ gate }}'
        and verdict in ('warning', 'error')
{% endmacro %}
