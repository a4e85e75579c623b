"""Comments, read as GitHub shows them: behind the scenes a Markdown parser, which no workflow may reach."""
