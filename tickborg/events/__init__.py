"""What webhooks are read into (design, sections 4 and 5).

The names are kept from the AMQP bot this one follows. A webhook is read by the ``read_…`` functions,
which know GitHub's field names; nothing behind them does.
"""
