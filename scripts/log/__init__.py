"""A synthetic log of a short-video app, of any size, in the raw contract.

The log is cut into blocks, each a slice of the log's time. A block is computed from the arguments
and its own number only, so blocks can be made in any order and by any number of threads, memory
does not grow with the number of events, and the same arguments always give the same files.
"""
