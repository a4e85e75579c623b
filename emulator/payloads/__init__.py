"""GitHub's JSON: pure functions of the state, each taking the root URL its links start with."""
