{%- set parts = [
    'rows', 'sources', 'columns', 'ids', 'views', 'lengths', 'restrictions', 'activity', 'dates',
    'future'
] %}

with

{% for part in parts -%}
{{ part }} as (

    select * from {{ ref('int_warned_' ~ part) }}

),

{% endfor -%}
warnings as (
    {% for part in parts %}
    select * from {{ part }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- a table may be rejected for several reasons, which count together
shares as (

    select
        *,
        {{ safe_divide('warning_count', 'total_count') }} as share,
        {{ safe_divide(
            "case when kind = 'rejected rows'"
            ~ " then sum(warning_count) over (partition by kind, source_table)"
            ~ " else warning_count end",
            'total_count'
        ) }} as judged_share
    from warnings

),

bounded as (

    select
        *,
        case
            {%- for kind, text in warning_advice().items() if text.bound %}
            when kind = '{{ kind }}' then cast({{ var(text.bound) }} as {{ type_double() }})
            {%- endfor %}
            when kind = 'watch times in milliseconds' then 0
        end as bound
    from shares

),

final as (

    select
        kind,
        source_table,
        column_name,
        warning_count,
        total_count,
        share,
        bound,
        coalesce(judged_share > bound, false) as is_above_bound,
        example,
        case
            {%- for kind, text in warning_advice().items() %}
            when kind = '{{ kind }}' then '{{ text.advice }}'
            {%- endfor %}
        end as advice
    from bounded

)

select * from final
