"""Views of the agenda (day, week, list), of the statuses to fill in, of workshops and of the catalogue of motifs."""
