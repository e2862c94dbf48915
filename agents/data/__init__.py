"""Public reference data kept with the code, and the script that makes it. See README.md here."""
