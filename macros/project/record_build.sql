{# Run hook at the end: says in the record of this run (raw.builds, shown by build_history) how it ended.

   results: what dbt knows of the run. All moments are dbt's own; numbers of the log are read from the tables that this very run
   built, so that those of another one never stand beside them.

   Other engines record no run, but let two be at work at once: the one that began first finds the mark of the other, and nobody can tell
   any more whose tables there are. Until it ends, the view that it has made (see run_at_work) says that it is at work. #}
{% macro record_build(results) -%}
    {{ adapter.dispatch('record_build', 'pingtop')(results) }}
{%- endmacro %}

{% macro default__record_build(results) -%}
    {% if execute and is_building() %}
        {% set marks = run_query("select invocation_id from " ~ intake_table('last_run')).columns[0].values() | list %}
        {% if marks != [invocation_id] %}{% do write_mark('two runs at once') %}{% endif %}
        {% do for_good("drop view if exists " ~ run_at_work()) %}
    {% endif %}
{%- endmacro %}

{% macro duckdb__record_build(results) -%}
    {% if not execute or not is_building() %}{{ return('') }}{% endif %}
    {% set built, count, first = {}, {'models': 0, 'passed': 0, 'warned': 0, 'failed': 0}, namespace(failed=none, end=none) %}
    {% for result in results %}
        {% set status = result.status | string %}
        {% set kind = 'models' if result.node.resource_type == 'model' and status == 'success' else {
            'pass': 'passed', 'warn': 'warned', 'success': 'other', 'no-op': 'other'
        }.get(status, 'failed') %}
        {% do count.update({kind: count.get(kind, 0) + 1}) %}
        {% if kind == 'models' and result.node.package_name == 'pingtop' %}
            {% do built.update({result.node.name: result.node.relation_name}) %}
        {% elif kind == 'failed' and (first.failed is none or first.is_skipped and status != 'skipped') %}
            {% set first.failed, first.is_skipped = result.node.name, status == 'skipped' %}
        {% endif %}
        {% for timing in result.timing if timing.completed_at %}
            {% set moment = timing.completed_at.strftime('%Y-%m-%d %H:%M:%S.%f') %}
            {% set first.end = moment if first.end is none or moment > first.end else first.end %}
        {% endfor %}
    {% endfor %}
    {% set ended_at = "timestamp '" ~ (first.end or started_at_of_run()) ~ "'" %}
    {% set values = {
        'status': "'red'" if count.failed else "'warned'" if count.warned else "'green'",
        'ended_at': ended_at,
        'seconds': "round(epoch(" ~ ended_at ~ ") - epoch(started_at), 3)",
        'cpu_seconds': "round(" ~ run_facts('cpu_seconds').get('cpu_seconds', 'null') ~ ", 3)",
        'models_built': count.models,
        'tests_passed': count.passed,
        'tests_warned': count.warned,
        'nodes_failed': count.failed,
        'first_failed': sql_text(first.failed),
    } %}
    {% if 'metric_change_summary' in built %}{% do values.update({'variables': sql_text(variables_of_run())}) %}{% endif %}
    {% do values.update(numbers_of_build(built)) %}
    {% set assignments = [] %}
    {% for name, value in values.items() %}
        {% do assignments.append(name ~ ' = ' ~ value) %}
    {% endfor %}
    {% do run_query(
        "update " ~ intake_table('builds') ~ " set " ~ assignments | join(', ') ~ " where invocation_id = '" ~ invocation_id ~ "'"
    ) %}
    {% do keep_written() %}
{%- endmacro %}
