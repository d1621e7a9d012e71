{# What each kind of intake warning says, as {kind: {'what': the sentence, with the names of columns of
   intake_warnings in it, 'advice': what to do, 'bound': variable that holds the share from which on a build fails, if any,
   'before_example': what stands between the sentence and the example, where that is not ', such as '}}. #}
{% macro warning_advice() %}
    {{ return({
        'rejected rows': {
            'what': "{count} of {total} rows ({share}) were rejected as '{column}'", 'bound': 'max_rejected_share',
            'advice': 'see rejected_rows; a log with other columns, units or event names is read by a mapping (make inspect writes a draft)',
        },
        'event ids of other events': {
            'what': '{count} of {total} events ({share}) have the event_id of one of another user, ping or type, and were rejected as its duplicates',
            'bound': 'max_rejected_share',
            'advice': 'where it is no id of single events (a number that begins anew in each file, a session), rename that column or name the right one in mapping.yml',
        },
        'no rows': {'what': 'is given, but no row of it is accepted', 'bound': none,
            'advice': 'see whether the right files or tables were given'},
        'file not read': {
            'what': '{count} file(s) beside those that are read', 'bound': none,
            'advice': 'name it in mapping.yml, give it a name and an ending that are read (docs/intake.md), or move it elsewhere',
        },
        'column not used': {
            'what': 'nothing is read from this column', 'before_example': ' of ', 'bound': none,
            'advice': 'this does no harm, unless it is a column of docs/intake.md under another name: then say so in mapping.yml',
        },
        'column only in some sources': {
            'what': 'some sources have this column, but {count} of {total} ({share}) lack it', 'bound': none,
            'advice': 'if it has another name there, say so in mapping.yml: its values are missing in what was computed',
        },
        'unusable values': {
            'what': '{count} of {total} values ({share}) are unusable, and were set to null', 'bound': 'max_nulled_share',
            'advice': 'see how they are written: a decimal comma, a unit or a format is told in mapping.yml',
        },
        'no users': {
            'what': 'no users are given, so nothing is known of those of {count} events', 'bound': none,
            'advice': 'cohorts, regions and blocklists need users: give them (docs/intake.md)',
        },
        'no pings': {
            'what': 'no pings are given, so nothing is known of those of {count} events', 'bound': none,
            'advice': 'lists need a catalogue, and ratios need durations: give pings (docs/intake.md)',
        },
        'unknown users': {
            'what': '{count} of {total} events ({share}) are of users who are not in users', 'bound': 'max_unknown_share',
            'advice': 'they count as no cohort; see whether users is complete',
        },
        'unknown pings': {
            'what': '{count} of {total} events ({share}) are on pings that are not in pings', 'bound': 'max_unknown_share',
            'advice': 'they are never recommended and have the default duration; see whether pings is complete',
        },
        'missing watch times': {
            'what': '{count} of {total} views ({share}) have no watch time, which counts as ' ~ var('ratio_without_watch_time'), 'bound': 'max_missing_watch_time_share',
            'advice': 'name its column in mapping.yml, if it has another one',
        },
        'no watch times': {
            'what': 'none of {count} views has a watch time: each counts ' ~ var('ratio_without_watch_time')
                ~ ('' if var('ratio_without_watch_time') else ', so that popularity is of likes, comments, shares and the like alone'),
            'bound': 'max_missing_watch_time_share',
            'advice': 'name its column in mapping.yml, or give such views a ratio between 0 and 1 (ratio_without_watch_time)',
        },
        'missing watch times in a file': {
            'what': 'some files have watch times, but {count} of {total} ({share}) have views without any', 'bound': none,
            'advice': 'see whether its column was renamed, and say so in mapping.yml',
        },
        'watch times in milliseconds': {
            'what': '{count} of {total} views ({share}) are more than max_median_watch_time_ratio times as long as their pings',
            'bound': none,
            'advice': 'if they are milliseconds, say so in mapping.yml (watch_time_sec: {column: …, unit: ms})',
        },
        'lengths in milliseconds': {
            'what': '{count} of {total} views ({share}) saw less than a 200th of pings that are 1000 s long or more', 'bound': none,
            'advice': 'if the lengths of pings are milliseconds, say so in mapping.yml (duration_sec: {column: …, unit: ms})',
        },
        'lengths of hours': {
            'what': '{count} of {total} pings ({share}) are longer than two hours', 'bound': none,
            'advice': 'if these are milliseconds, say so in mapping.yml (unit: ms), and see whether watch times are, too',
        },
        'capped watch times': {
            'what': '{count} of {total} views are longer than max_watch_time_sec, and count as that', 'bound': none,
            'advice': 'see whether they are real; the unit of a column is told in mapping.yml',
        },
        'restriction without a match': {
            'what': '{count} of {total} entries match nothing', 'bound': none,
            'advice': 'they restrict nothing; see how creators, categories or regions are spelled, and what separates them (|, or a separator in mapping.yml)',
        },
        'declared interest without a match': {
            'what': '{count} of {total} values match nothing', 'bound': none,
            'advice': 'these interests do not matter to any list; see how categories of pings, or ids of users, are spelled (letter case counts)',
        },
        'one busy user': {
            'what': '{count} of {total} events ({share}) are of one user', 'before_example': ', ', 'bound': 'max_user_event_share',
            'advice': 'if it is a bot or a test account, take its events out of the log',
        },
        'dates in the future': {'bound': none,
            'what': '{count} of {total} dates ({share}) are more than ' ~ var('max_future_days') ~ ' day(s) after the newest day that most agree on, and do not count',
            'advice': 'mend the clocks or the unit; where they are right, set max_future_days to null'},
        'dates far from the others': {'what': '{count} of {total} dates are more than max_gap_days days after all others', 'bound': none,
            'advice': 'windows, new users and freshness count from the newest date; mend the clock or the unit, or set as_of before them'},
        'dates before the others': {'what': '{count} of {total} events are of before 1980, or more than max_gap_days days before all others', 'bound': none,
            'advice': 'see the clocks, and the unit or format in mapping.yml'},
        'dates after the arrival': {'what': '{count} of {total} events ({share}) are dated more than a day after they arrived', 'bound': none,
            'advice': 'see the clocks and the time zone (timezone in mapping.yml)'},
    }) }}
{% endmacro %}
