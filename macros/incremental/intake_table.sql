{# DuckDB only: a table beside the models that says what the warehouse has read, in the schema `raw`.

   name: files_read (the ledger: one row per file whose rows are in the warehouse), files_to_read (those of this run),
   intake_plan (one row: what this run reads), source_parts (what this run reads of files, and how: see file_parts), source_columns (one
   row per source and column of it: which one of the contract it is read as, if any), unread_files (files that look like data and are
   not read), vanished_files (see note_vanished_files), table_states (one row per model that is built in parts), unreadable_csv_lines
   (see unreadable_lines), last_run (see mark_build), builds (see build_columns) or made_relations (see drop_former_relations). #}
{% macro intake_table(name) -%}
    {%- set schema = generate_schema_name('raw', none) -%}
    {{ return(api.Relation.create(
        database=(target.database or none), schema=schema, identifier=name
    ).include(database=(target.database == schema))) }}
{%- endmacro %}
