"""The day board of a site: who receives, who is expected, who is here. Room: views."""
