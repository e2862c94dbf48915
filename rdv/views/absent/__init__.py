"""An agent is away: one action, and what becomes of each Rdv. Room: views."""
