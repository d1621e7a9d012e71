{# DuckDB only: whether this run must read all of the log, as {'is_whole', 'sentence'}; the sentence says why where it is no
   matter of course.

   settings: of log_settings. old_settings: those of the last run, none in the first. Compares pingtop_found_files with files_read. #}
{% macro reason_to_read_all(settings, old_settings) %}
    {% set states = run_query(
        "select states.settings from " ~ intake_table('table_states') ~ " as states inner join "
        ~ intake_table('intake_plan') ~ " as plan on states.settings = plan.log_id"
        ~ " where states.table_name in ('int_interactions', 'int_exposures')"
    ).rows %}
    {% set is_stored = states | length == 2
        and model_relation('int_interactions') is not none and model_relation('int_exposures') is not none %}
    {#- the trained stages go through users and pings by their keys, which are in the order of the ids in a whole build only:
        in another order, the last digits of their scores would be others -#}
    {% if flags.FULL_REFRESH or var('ranking_enabled') or not is_stored %}
        {{ return({'is_whole': true, 'sentence': none}) }}
    {% endif %}
    {% for name, value in settings.items() if old_settings.get(name) != value %}
        {{ return({
            'is_whole': true,
            'sentence': (name ~ " has changed") if name in ['the code of the intake', 'the mapping']
                else name ~ " is " ~ (value or 'not set') ~ ", and was " ~ (old_settings.get(name) or 'not set')
        }) }}
    {% endfor %}
    {#- without a newest `loaded_at`, in this run or in the one that read the table, all of it is new -#}
    {% set tables = run_query(
        "select count(*) from pingtop_found_files as found left join " ~ intake_table('files_read') ~ " as files"
        ~ " on found.path = files.path where found.is_table and found.source_table in ('interactions', 'exposures')"
        ~ " and (found.loaded_through is null or files.path is not null and files.loaded_through is null)"
    ).columns[0].values()[0] %}
    {% if tables %}
        {{ return({'is_whole': true, 'sentence': none}) }}
    {% endif %}
    {% set changed_table = run_query(
        "select found.path from pingtop_found_files as found inner join ("
        ~ "select * from " ~ intake_table('files_read') ~ " qualify batch_number = max(batch_number) over (partition by path)"
        ~ ") as files on found.path = files.path where found.is_table and (found.loaded_through < files.loaded_through"
        ~ " or found.read_rows_before <> files.rows_before or found.read_rows_newest < files.rows_newest"
        ~ " or found.read_rows_newest = files.rows_newest and found.read_newest_checksum <> files.newest_checksum) limit 1"
    ).rows %}
    {% if changed_table %}
        {{ return({
            'is_whole': true,
            'sentence': "rows of the table " ~ changed_table[0][0] ~ " that were read have changed or are gone"
        }) }}
    {% endif %}
    {% set changed = run_query(
        "select files.path, count(*) over () as n_files, found.path is null as is_gone from "
        ~ intake_table('files_read') ~ " as files left join pingtop_found_files as found"
        ~ " on files.source_table = found.source_table and files.path = found.path"
        ~ " where found.path is null or not found.is_table and (found.bytes is distinct from files.bytes"
        ~ " or found.modified_at is distinct from files.modified_at) order by files.path limit 1"
    ).rows %}
    {% if changed %}
        {% set path, n_more, is_gone = changed[0][0], changed[0][1] | int - 1, changed[0][2] %}
        {{ return({
            'is_whole': true,
            'sentence': path ~ (" is gone" if is_gone else " has changed") ~ " since it was read"
                ~ (" (and " ~ n_more ~ " more)" if n_more else "")
        }) }}
    {% endif %}
    {{ return({'is_whole': false, 'sentence': none}) }}
{% endmacro %}
