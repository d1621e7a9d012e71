{# A whole number to draw pings of a user by: another one with another seed, day, user or ping, the same in every build. All of it is
   one text before it is hashed: engines combine the hashes of columns so simply that the order of pings would follow few patterns.

   draw: a name; draws of other names are independent. user_id, ping_id, day: expressions, the last one a text. #}
{% macro draw_hash(draw, user_id, ping_id, day) -%}
    {{ row_hash([
        "'" ~ draw ~ ' ' ~ var('explore_seed') ~ " ' || " ~ day ~ " || ' ' || " ~ user_id ~ " || ' ' || " ~ ping_id
    ]) }}
{%- endmacro %}
