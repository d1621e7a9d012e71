{# What each kind of intake warning says, as {kind: {'what': of the rows, 'advice': what to do, 'bound': variable that holds the share
   from which on a build fails, if any}}. The sentence of a warning is "<count> of <total> <what> (<share>), such as <example>: <advice>." #}
{% macro warning_advice() %}
    {{ return({
        'rejected rows': {
            'what': 'rows were rejected', 'bound': 'max_rejected_share',
            'advice': 'see rejected_rows; a log with other columns, units or event names is read by a mapping (make inspect writes a draft)',
        },
        'no rows': {
            'what': 'tables that are given hold no accepted row', 'bound': none,
            'advice': 'see whether the right files or tables were given',
        },
        'file not read': {
            'what': 'files are not read', 'bound': none,
            'advice': 'name it in mapping.yml, give it a name and an ending that are read (docs/intake.md), or move it elsewhere',
        },
        'column not used': {
            'what': 'sources with a column that is not used', 'bound': none,
            'advice': 'this does no harm, unless it is a column of docs/intake.md under another name: then say so in mapping.yml',
        },
        'column only in some sources': {
            'what': 'sources lack a column that others have', 'bound': none,
            'advice': 'if it has another name there, say so in mapping.yml: its values are missing in what was computed',
        },
        'unusable values': {
            'what': 'values were set to null as they are unusable', 'bound': 'max_nulled_share',
            'advice': 'see how they are written: a decimal comma, a unit or a format is told in mapping.yml',
        },
        'no users': {
            'what': 'events are of users of whom nothing is known, as no users are given', 'bound': none,
            'advice': 'cohorts, regions and blocklists need users: give them (docs/intake.md)',
        },
        'no pings': {
            'what': 'events are on pings of which nothing is known, as no pings are given', 'bound': none,
            'advice': 'lists need a catalogue, and ratios need durations: give pings (docs/intake.md)',
        },
        'unknown users': {
            'what': 'events are of users who are not in users', 'bound': 'max_unknown_share',
            'advice': 'they count as no cohort; see whether users is complete',
        },
        'unknown pings': {
            'what': 'events are on pings that are not in pings', 'bound': 'max_unknown_share',
            'advice': 'they are never recommended and have the default duration; see whether pings is complete',
        },
        'missing watch times': {
            'what': 'views have no watch time, which counts as 0', 'bound': 'max_missing_watch_time_share',
            'advice': 'name its column in mapping.yml, if it has another one',
        },
        'missing watch times in a file': {
            'what': 'files have views without any watch time, while others have them', 'bound': none,
            'advice': 'see whether its column was renamed, and say so in mapping.yml',
        },
        'watch times in milliseconds': {
            'what': 'views were looked at, whose median watch time is more than max_median_watch_time_ratio times the duration',
            'bound': none,
            'advice': 'if they are milliseconds, say so in mapping.yml (watch_time_sec: {column: …, unit: ms})',
        },
        'capped watch times': {
            'what': 'views are longer than max_watch_time_sec and count as that', 'bound': none,
            'advice': 'see whether they are real; the unit of a column is told in mapping.yml',
        },
        'restriction without a match': {
            'what': 'entries match nothing', 'bound': none,
            'advice': 'they restrict nothing; see how creators, categories or regions are spelled, and what separates them (|, or a separator in mapping.yml)',
        },
        'one busy user': {
            'what': 'events are of one user', 'bound': 'max_user_event_share',
            'advice': 'if it is a bot or a test account, take its events out of the log',
        },
        'dates far from the others': {
            'what': 'events are more than max_gap_days days after all others', 'bound': none,
            'advice': 'windows and freshness count from the newest event; mend the clock or the unit, or set as_of before them',
        },
        'dates after the arrival': {
            'what': 'events are dated more than a day after they arrived', 'bound': none,
            'advice': 'see the clocks and the time zone (timezone in mapping.yml)',
        },
    }) }}
{% endmacro %}
