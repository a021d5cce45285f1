"""The composition root: settings, addresses, sockets, the servers of a trial. Importing it imports nothing."""
