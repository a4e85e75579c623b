"""``tickborg demo``: what happens to pull requests on a sample monorepo, with everything embedded."""
