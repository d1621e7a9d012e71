{# The sentence of a row of intake_warnings. row: its kind, table, column, count, total, share, whether it is above its bound, example
   and advice. #}
{% macro warning_sentence(row) %}
    {% set text = warning_advice()[row[0]] %}
    {% set place = '' if row[1] == 'files' else row[1] ~ ('.' ~ row[2] if row[2] and row[0] != 'rejected rows' else '') ~ ': ' %}
    {% set what = text.what | replace('{count}', row[3]) | replace('{total}', row[4]) | replace('{column}', row[2])
        | replace('{share}', '%.3g' % (row[5] * 100) ~ ' %') %}
    {% set example = row[7] | string | replace('\n', ' ') %}
    {{ return(
        ("Wrong, and the build fails: " if row[6] else "Odd: ") ~ place ~ what
        ~ (text.get('before_example', ', such as ') ~ example[:120] ~ ('…' if example | length > 120 else '') if example else '') ~ ': ' ~ text.advice ~ '.'
    ) }}
{% endmacro %}
