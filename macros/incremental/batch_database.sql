{# The database of what a run reads of the log, for the config `database`: one in memory where the profile attaches it under the
   name `pingtop_batch`, as Pingtop's own does; else none, which is the warehouse's. A batch is written and read once: in memory that is
   three times as fast, and leaves no space behind in the file. #}
{% macro batch_database() %}
    {% for database in target.get('attach') or [] if database.get('alias') == 'pingtop_batch' %}
        {{ return('pingtop_batch') }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}
