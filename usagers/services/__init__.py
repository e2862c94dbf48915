"""The only writers of files, links between people and sign-in codes."""
