"""The language of the domain: models, decisions, texts and names.

Nothing in this package does I/O, reads a clock or the environment, or imports another folder of the
project, so that workflows may call all of it (design, section 2).
"""
