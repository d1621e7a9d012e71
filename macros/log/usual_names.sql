{# Names that logs have for the columns of the contract, as plain_name writes them, those that say most first: {column: [names]}. They are
   suggested, never read without being asked: `ts` may be the moment of the event or that of its arrival. make inspect goes by them,
   too (scripts/intake/contract.py). #}
{% macro usual_names() %}
    {{ return({
        'user_id': ['uid', 'user', 'userid', 'viewerid', 'memberid', 'customerid', 'personid', 'accountid', 'userpseudoid', 'visitorid',
            'deviceid', 'distinctid'],
        'ping_id': ['pid', 'pingid', 'ping', 'itemid', 'item', 'iid', 'videoid', 'video', 'vid', 'contentid', 'postid', 'clipid', 'mediaid',
            'assetid', 'movieid', 'articleid', 'trackid', 'objectid'],
        'event_type': ['eventtype', 'event', 'eventname', 'action', 'actiontype', 'type', 'verb', 'interaction', 'interactiontype',
            'activity', 'behavior', 'behaviour'],
        'event_timestamp': ['eventtimestamp', 'ts', 'timestamp', 'time', 'timems', 'eventtime', 'eventts', 'datetime', 'date', 'createdat',
            'occurredat', 'eventat', 'at', 'clienttimestamp', 'unixtime', 'epoch'],
        'watch_time_sec': ['watchtimesec', 'watchtime', 'watchms', 'watchtimems', 'watchsec', 'watchseconds', 'watchduration', 'playtime',
            'playtimems', 'playduration', 'viewtime', 'viewms', 'dwelltime', 'dwellms', 'secondswatched', 'mswatched', 'timespent',
            'watchedms', 'watched', 'play'],
        'dwell_time': ['dwelltime', 'dwell', 'dwellsec', 'dwellms', 'watchtime', 'watchtimems', 'playtime', 'playtimems', 'viewtime'],
        'event_id': ['eventid', 'id', 'uuid', 'insertid', 'messageid', 'eventuuid'],
        'duration_sec': ['durationsec', 'duration', 'durationms', 'videoduration', 'length', 'lengthsec', 'runtime', 'videolength'],
        'creator_id': ['creatorid', 'creator', 'authorid', 'author', 'ownerid', 'channelid', 'channel', 'uploaderid', 'publisher', 'artist'],
        'category': ['category', 'topic', 'genre', 'section', 'vertical', 'tag', 'categoryid'],
        'main_hashtag': ['mainhashtag', 'hashtag', 'tag', 'tags', 'keyword'],
        'created_at': ['createdat', 'created', 'publishedat', 'uploadedat', 'uploadtime', 'uploaddt', 'publishdate', 'uploaddate'],
        'signup_date': ['signupdate', 'signup', 'registeredat', 'registrationdate', 'joinedat', 'joindate', 'joined', 'registered', 'createdat'],
        'country': ['country', 'countrycode', 'geo', 'market'],
        'affinity': ['affinity', 'score', 'weight', 'interest'],
    }) }}
{% endmacro %}
