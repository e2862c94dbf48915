"""Screens of the people received: from the first question to the appointment, and what its link opens."""
