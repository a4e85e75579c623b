"""How fast and how large tickborg is, beside what one would do without it (docs/performance.md).

python -m benchmarks --list
"""
