-- Users who signed up at about the same time, and users who are about as active, see other pings
-- than the rest: how many times more often, as a logarithm, pulled to 0 by 200 responses' worth. It
-- is all that is known of a user without history.
with

history as (

    select * from {{ ref('int_ranking_history') }}
    where is_in_catalogue

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

pings as (

    select
        cutoff_key,
        ping_key
    from {{ ref('int_ranking_pings') }}

),

windows as (

    select * from {{ ref('int_ranking_windows') }}

),

weighted as (

    select
        history.cutoff_key,
        history.ping_key,
        users.signup_group,
        users.activity_group,
        (0.3 + history.gain) * exp(-history.hours_since_last / windows.hours_48h) as weight
    from history
    inner join users
        on
            history.cutoff_key = users.cutoff_key
            and history.user_key = users.user_key
    cross join windows

),

summed as (
    {% for kind in ['signup', 'activity'] %}
    select
        cutoff_key,
        '{{ kind }}' as group_kind,
        {{ kind }}_group as group_number,
        ping_key,
        {{ exact_small_sum('weight') }} as weight
    from weighted
    group by cutoff_key, {{ kind }}_group, ping_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

group_totals as (

    select
        cutoff_key,
        group_kind,
        group_number,
        {{ exact_sum('weight') }} as weight
    from summed
    group by cutoff_key, group_kind, group_number

),

ping_totals as (

    select
        pings.cutoff_key,
        pings.ping_key,
        coalesce({{ exact_small_sum('weighted.weight') }}, 0) + 0.3 as weight
    from pings
    left join weighted
        on
            pings.cutoff_key = weighted.cutoff_key
            and pings.ping_key = weighted.ping_key
    group by pings.cutoff_key, pings.ping_key

),

catalogue_totals as (

    select
        cutoff_key,
        {{ exact_sum('weight') }} as weight
    from ping_totals
    group by cutoff_key

),

final as (

    select
        ping_totals.cutoff_key,
        group_totals.group_kind,
        group_totals.group_number,
        ping_totals.ping_key,
        ln(
            (
                coalesce(summed.weight, 0)
                + 200 * ping_totals.weight / catalogue_totals.weight
            )
            / (group_totals.weight + 200)
            / (ping_totals.weight / catalogue_totals.weight)
        ) as log_lift
    from ping_totals
    inner join catalogue_totals on ping_totals.cutoff_key = catalogue_totals.cutoff_key
    inner join group_totals on ping_totals.cutoff_key = group_totals.cutoff_key
    left join summed
        on
            group_totals.cutoff_key = summed.cutoff_key
            and group_totals.group_kind = summed.group_kind
            and group_totals.group_number = summed.group_number
            and ping_totals.ping_key = summed.ping_key

)

select * from final
