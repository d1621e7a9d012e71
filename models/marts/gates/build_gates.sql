with

deliveries as (

    select * from {{ ref('int_gate_deliveries') }}

),

changes as (

    select * from {{ ref('int_gate_changes') }}

),

intake_warnings as (

    select * from {{ ref('intake_warnings') }}

),

warned as (

    select
        'intake warnings' as gate,
        'log' as about,
        cast(count(*) as {{ type_double() }}) as value,
        concat(count(*), ' things look odd in the log (intake_warnings)') as sentence
    from intake_warnings

),

judged as (

    select * from deliveries
    union all
    select * from changes
    union all
    select * from warned

),

bounded as (

    select
        gate,
        about,
        {#- a rewound log is one of the past, and its files are not -#}
        {% if as_of() or known_as_of() %}
        cast(null as {{ type_double() }}) as value,
        'the warehouse is rewound' as sentence,
        {% else %}
        value,
        sentence,
        {% endif -%}
        {{ gate_bound('warn') }} as warn_above,
        {{ gate_bound('warn', is_text=true) }} as warn_text,
        {{ gate_bound('error') }} as error_above,
        {{ gate_bound('error', is_text=true) }} as error_text
    from judged

),

final as (

    select
        gate,
        about,
        value,
        warn_above,
        error_above,
        case
            when value is null or coalesce(warn_above, error_above) is null then 'not judged'
            when value > error_above then 'error'
            when value > warn_above then 'warning'
            else 'passed'
        end as verdict,
        concat(
            about, ': ', sentence,
            case
                when value > error_above then concat('; the bound is ', error_text)
                when value > warn_above then concat('; said above ', warn_text)
                else ''
            end,
            '.'
        ) as sentence
    from bounded

)

select * from final
