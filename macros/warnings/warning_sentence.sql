{# The sentence of a row of intake_warnings. row: its kind, table, column, count, total, share, whether it is above its bound, example
   and advice. #}
{% macro warning_sentence(row) %}
    {% set text = warning_advice()[row[0]] %}
    {% set what = text.what | replace('sources with', 'source with') if row[4] == 1 else text.what %}
    {% set place = (row[1] ~ ('.' ~ row[2] if row[2] and row[0] != 'rejected rows' else '') ~ ': ') if row[1] != 'files' else '' %}
    {% set share = ' (' ~ '%.3g' % (row[5] * 100) ~ ' %)' if row[4] != row[3] or row[0] == 'rejected rows' else '' %}
    {% set reason = " as '" ~ row[2] ~ "'" if row[0] == 'rejected rows' else '' %}
    {% set example = row[7] | string | replace('\n', ' ') %}
    {{ return(
        ("Wrong, and the build fails: " if row[6] else "Odd: ") ~ place ~ row[3]
        ~ (' of ' ~ row[4] if row[4] != row[3] or row[0] == 'rejected rows' else '') ~ ' ' ~ what ~ reason ~ share
        ~ (', such as ' ~ example[:120] ~ ('…' if example | length > 120 else '') if example else '')
        ~ ': ' ~ text.advice ~ '.'
    ) }}
{% endmacro %}
