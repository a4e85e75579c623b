"""``tickborg``, whose builder tells Temporal oftener that it lives: see :mod:`tests.support.early_deaths`."""

from datetime import timedelta

from cli import main, workers

workers.HEARTBEAT_THROTTLE = timedelta(seconds=0.2)

if __name__ == "__main__":
    main.main()
