"""The people of the city: who they are, what the registers say about them, on which ground we ask,
and who looked.

A member is one person from birth to death, under a number of ours; the ID number is sealed and can
change.
Facts carry two times. Personal data leaves through one gate, ``open_access``, which writes down
who, why and which fields.
"""
