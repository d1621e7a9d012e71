select
    recommendations.user_key,
    recommendations.ping_key
from {{ ref('int_served_recommendations') }} as recommendations
inner join {{ ref('int_user_pings') }} as user_pings
    on
        recommendations.user_key = user_pings.user_key
        and recommendations.ping_key = user_pings.ping_key
