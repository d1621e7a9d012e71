{# Stops the run for a mistake in a mapping. where: what is wrong, as the beginning of a sentence. problem: its end, without a full stop. #}
{% macro stop_for_mapping(where, problem) %}
    {% do exceptions.raise_compiler_error(where ~ " " ~ problem ~ ": correct the mapping (docs/intake.md).") %}
{% endmacro %}
