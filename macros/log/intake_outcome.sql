{# What becomes of a raw row: after_as_of, rejected or accepted.

   A row at or after as_of does not exist yet, whatever else is wrong with it: so rewinding needs no look at it.
   is_after_as_of: boolean expression. reject_reason: null or why the row alone is bad.
   copy_number: 1 for the first of equal rows; none where copies are not told apart yet. #}
{% macro intake_outcome(is_after_as_of, reject_reason, copy_number=none) -%}
    case
        when {{ is_after_as_of }} then 'after_as_of'
        when {{ reject_reason }} is not null then 'rejected'
        {%- if copy_number %}
        when {{ copy_number }} > 1 then 'rejected'
        {%- endif %}
        else 'accepted'
    end
{%- endmacro %}
