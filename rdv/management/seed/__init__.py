"""The invented departements of the demo: data (names, places, catalogue, teams) and the builders that lay them out.

Room: management. Called by the seed_demo command and by tests. Everything is drawn from one number and the day's date.
"""
