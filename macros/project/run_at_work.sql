{# Not on DuckDB, whose file has one writer: the view that says, as long as it is there, that a run is building. It is empty of meaning
   beside its name, which has when the run began and its id. scripts/publish.py publishes nothing beside one. A view, since one can be
   made and dropped on every engine without a look at those of other runs. #}
{% macro run_at_work() -%}
    {{ return(intake_table(
        'run_at_work_' ~ started_at_of_run('%y%m%d%H%M%S') ~ '_' ~ invocation_id | replace('-', '')
    )) }}
{%- endmacro %}
