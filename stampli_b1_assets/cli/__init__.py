"""The commands of `stampli-b1`, thin: options in, a pipeline function, a report out.

What belongs here: options, exit codes, where output goes. What does not: anything that another program might want.
"""
