{# DuckDB only: a query that gives the hashes that more than one good row of the model's table has; where only a batch is new, those
   of its rows.

   row_hash: the expression of the hash. is_good: the condition that a row is good. #}
{% macro repeated_hashes(row_hash, is_good) %}
    {%- if is_incremental() %}
    select {{ row_hash }}
    from {{ this }}
    where
        {{ is_good }}
        and {{ row_hash }} in (
            select {{ row_hash }} from {{ this }}
            where
                {{ is_good }}
                and changed_in_batch = {{ batch_number() }}
        )
    group by all
    having count(*) > 1
    {%- else %}
    {#- DuckDB sorts integers in a third of the time that it takes to group them #}
    select row_hash
    from (
        select
            row_hash,
            lag(row_hash) over (order by row_hash) as previous_hash
        from (select {{ row_hash }} as row_hash from {{ this }} where {{ is_good }}) as hashed_rows
    ) as sorted_hashes
    where row_hash = previous_hash
    {%- endif %}
{% endmacro %}
