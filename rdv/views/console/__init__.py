"""The secretary's console: one page, from "who calls" to "what to say"."""
