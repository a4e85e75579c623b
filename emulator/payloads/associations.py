"""How GitHub says an author stands to a repository."""

from emulator.state import Repository, User


def association(author: User, repository: Repository, *, on_own_pull: bool = False) -> str:
    """The `author_association`: a hint only, since hidden members look like anybody.

    (https://docs.github.com/graphql/reference/enums#commentauthorassociation)
    """
    if author is repository.owner:
        return "OWNER"
    if author in repository.collaborators and author not in repository.hidden_members:
        return "MEMBER" if repository.owner.type == "Organization" else "COLLABORATOR"
    if any(pull.author is author and pull.merged_at for pull in repository.pulls):
        return "CONTRIBUTOR"
    return "FIRST_TIME_CONTRIBUTOR" if on_own_pull and author.type != "Bot" else "NONE"
