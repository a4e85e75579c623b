"""The language of comments: what can be asked of the bot, and what is wrong with what was asked.

Nothing here reads Markdown; which lines of a comment are said at all is found out elsewhere
(:mod:`activities.clients.comments`).
"""
