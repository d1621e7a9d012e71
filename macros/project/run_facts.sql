{# DuckDB only: what only the process of the run knows, as a dictionary; empty where the profile does not have Pingtop's plugin
   run_facts.

   asked: code ({'commit', 'has_changes'} of the git checkout, none where it is none) or cpu_seconds ({'cpu_seconds'} so far). #}
{% macro run_facts(asked) %}
    {% set answer = {'asked': asked} %}
    {% for plugin in target.get('plugins') or [] if plugin.module == 'run_facts' %}
        {#- of all that dbt-duckdb lets a macro call, this reaches a plugin -#}
        {% do adapter.store_relation(plugin.alias or 'run_facts', intake_table('builds'), [], '', '', answer) %}
    {% endfor %}
    {{ return(answer) }}
{% endmacro %}
