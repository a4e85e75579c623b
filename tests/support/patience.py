"""How long a test waits for what must happen: only one that fails waits so long.

A machine that is busy with other work is part of it. What must *not* happen is never waited for.
"""

PATIENCE_SECONDS = 60.0

PROGRAM_SECONDS = 5 * PATIENCE_SECONDS
"""For a whole run of the program, which starts servers and builds."""
