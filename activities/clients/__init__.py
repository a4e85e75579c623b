"""The clients behind the Protocols: GitHub, git, sandboxed processes, Temporal."""
