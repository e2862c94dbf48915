"""The bench: the engine measured at the scale of a country (`make bench`, docs/performance.md).

Room: above the roof. It may call everything; nothing calls it. Its data live in a database of their own.
"""
