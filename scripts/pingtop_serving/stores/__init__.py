"""Key-value stores: what one must do to hold what is served.

A store holds *records*: a text key, and one value (bytes) for each *generation* that changed it. A
generation is a whole number; the pointer says which one is served. A reader takes the pointer once
and then, of every record, the newest value that is not newer: so it sees one generation, whole,
while the next one is being written beside it. An empty value means that the record is removed from
that generation on.
"""
