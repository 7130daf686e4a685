"""The embedded servers: Stampli's SFTP server, SAP's Service Layer, and a sample company to try everything on.

What belongs here: how the two systems behave, unpleasant parts included, and invented data. What does not: any code of
the client side; the simulator must not share a mistake with what it tests. Only the command line and tests import it.
"""
