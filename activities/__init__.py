"""What touches the world: activity classes written against the Protocols of :mod:`activities.ports`."""
