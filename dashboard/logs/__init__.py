"""Logs of builds: their page, and how a viewer follows one that grows."""
