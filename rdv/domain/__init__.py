"""The pure rules of appointments: no framework, no clock, no database. Everybody may call them."""
