{# Why a ping is recommended, in words: the parts that hold, joined by "; ", or "popular/new" where none does.

   category: text expression. has_category_affinity, has_creator_affinity: boolean expressions.
   declared_part: what a declared interest adds to the score.
   popularity, freshness: the ping's own values, not weighted. created_at: the ping's; without one, its freshness is an assumption and no
   reason. #}
{% macro recommendation_reason(category, has_category_affinity, has_creator_affinity, declared_part, popularity, freshness, created_at) -%}
    coalesce(
        nullif(substring(
            case when {{ has_category_affinity }} then '; prefers cat=' || {{ category }} else '' end
            || case when {{ has_creator_affinity }} then '; engaged this creator' else '' end
            || case when {{ declared_part }} > 0 then '; declared interest in ' || {{ category }} else '' end
            || case when {{ is_globally_popular(popularity) }} then '; globally popular' else '' end
            || case when {{ is_recent(freshness, created_at) }} then '; recent' else '' end,
            3
        ), ''),
        'popular/new'
    )
{%- endmacro %}
