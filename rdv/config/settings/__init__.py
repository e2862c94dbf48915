"""Settings: `base` is shared; `dev`, `test` and `prod` say what differs. Secrets come from the environment."""
