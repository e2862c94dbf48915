"""One month of an MDS, played on the real services by invented people (`manage.py simulate_waitlist`).

Room: above the roof, as rdv/bench. It may call everything; nothing but its command calls it, and that in a process of
its own. It never writes in a database that it did not make.
"""
