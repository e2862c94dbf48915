"""The waiting list, for those who answer people and for the administrator of the département."""
